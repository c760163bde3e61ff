import type { CandidateConfiguration } from '../vocabulary/candidate.ts';
import type { PolicyConfiguration } from '../vocabulary/configuration.ts';
import { convertBundles } from './bundles.ts';
import type { CandidateFile } from './candidate-schema.ts';
import type { Report } from './problem.ts';

/** Reads the candidate. One bundle goes by the name of the one that it is to replace, so that records and signatures speak of the same policy. */
export function convertCandidate(
  file: CandidateFile,
  active: PolicyConfiguration['bundles'],
  resolve: (path: string) => string,
): CandidateConfiguration {
  const bundles = convertBundles(file, resolve);
  const [only] = active;
  const named =
    file.bundle !== undefined && active.length === 1 && only !== undefined ? bundles.map((one) => ({ ...one, name: only.name })) : bundles;
  const { share = 0, identities = [], groups = [], on_failure: onFailure = 'refuse' } = file.canary ?? {};
  return {
    ...{ bundles: named, mode: file.mode, queue: file.queue },
    canary: { share, identities, groups, onFailure },
    approved: file.approved.map(({ change, reason }) => (reason === undefined ? { change } : { change, reason })),
    ...(file.promote_after === undefined ? {} : { promoteAfter: file.promote_after }),
  };
}

/** Says what would try nothing, or could never be promoted by itself. */
export function checkCandidate({ candidate, bundles }: PolicyConfiguration, report: Report): void {
  if (candidate === undefined) return;
  const { mode, canary, promoteAfter } = candidate;
  if (mode === 'canary' && canary.share === 0 && canary.identities.length === 0 && canary.groups.length === 0) {
    report(['policy', 'candidate', 'canary'], 'the candidate decides for nobody; set share, identities or groups, or mode: shadow');
  }
  const paths = (several: PolicyConfiguration['bundles']) => several.map(({ source }) => ('path' in source ? source.path : undefined));
  if (paths(candidate.bundles).some((path) => path !== undefined && paths(bundles).includes(path) && candidate.bundles.length === 1)) {
    report(['policy', 'candidate', 'bundle'], 'the candidate is the file of the policy in force; give it a file of its own');
  }
  if (promoteAfter !== undefined && !isOneFile(bundles)) {
    report(
      ['policy', 'candidate', 'promote_after'],
      'only a policy that comes from one file can be replaced by the gateway; publish the candidate where the policy comes from',
    );
  }
}

/** Whether the gateway can put another policy in the place of this one. */
export function isOneFile(bundles: PolicyConfiguration['bundles']): boolean {
  return bundles.length === 1 && bundles[0]?.source.kind === 'file';
}
