import type { Verification } from '../bundle/verification.ts';
import type { Verifier } from '../bundle/verifier.ts';
import type { VerifiedBundle } from '../bundle/verify-bundle.ts';
import { Breakage, BundleBreakage } from '../errors.ts';
import type { BundleConfiguration } from '../vocabulary/bundles.ts';
import type { PinnedPolicy } from '../vocabulary/decision.ts';
import type { Content } from './feed.ts';

/** A policy that has passed every check. */
export interface Candidate {
  readonly policy: PinnedPolicy;
  /** By bundle, what was signed, where a signature was required. */
  readonly verified: ReadonlyMap<string, VerifiedBundle>;
}

/** One bundle on its way to be admitted, and what it is held to. */
export interface CandidateBundle {
  readonly name: string;
  readonly bytes: Buffer;
  readonly roots?: readonly string[];
  readonly verification?: Verification;
}

/** Whose signature a bundle must bear. */
export interface Signatures extends Pick<Verifier, 'demand' | 'keep'> {
  /** Changes when a bundle that was refused may hold after all, because a key has been replaced. */
  sight(): Promise<string>;
}

export interface AdmissionNeeds<Machine extends Candidate> {
  readonly bundles: readonly BundleConfiguration[];
  /** Makes a policy of one content for each bundle; throws a Breakage where they are not fit to decide. */
  readonly admit: (bundles: readonly CandidateBundle[]) => Promise<Machine>;
  /** Whose signature a bundle must bear; `undefined` where none is looked at. */
  readonly signaturesOf: (bundle: string) => Signatures | undefined;
}

/** What stands between a bundle that has come and its deciding anything. */
export interface Admission<Machine extends Candidate> {
  /** Names all beside the contents that a verdict depends on. */
  sight(): Promise<string>;
  /**
   * @param contents by bundle
   * @param downgrade somebody has told that older versions are meant
   * @throws Breakage `policy.unavailable`; a BundleBreakage where it is known which bundle is to blame
   */
  admit(contents: ReadonlyMap<string, Content>, downgrade?: boolean): Promise<Machine>;
  /**
   * Keeps what the next bundles will be held against. Called before the machine decides.
   * @throws BundleBreakage `store`
   */
  keep(machine: Machine): void;
}

/** Makes the admission of bundles: their signatures, then what is made of them. */
export function makeAdmission<Machine extends Candidate>({ bundles, admit, signaturesOf }: AdmissionNeeds<Machine>): Admission<Machine> {
  function describe({ name, roots }: BundleConfiguration, content: Content, downgrade: boolean): CandidateBundle {
    const signatures = signaturesOf(name);
    return {
      name,
      bytes: content.bytes,
      ...(roots === undefined ? {} : { roots }),
      ...(signatures === undefined ? {} : { verification: blame(name, 'signature', () => signatures.demand(name, downgrade)) }),
    };
  }

  return {
    sight: async () => (await Promise.all(bundles.map(({ name }) => signaturesOf(name)?.sight()))).join(' '),
    async admit(contents, downgrade = false) {
      return admit(
        bundles.flatMap((bundle) => {
          const content = contents.get(bundle.name);
          return content === undefined ? [] : [describe(bundle, content, downgrade)];
        }),
      );
    },
    keep({ verified }) {
      for (const [name, one] of verified) blame(name, 'store', () => signaturesOf(name)?.keep(name, one));
    },
  };
}

function blame<T>(bundle: string, kind: 'signature' | 'store', run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (!(cause instanceof Breakage)) throw cause;
    throw new BundleBreakage(kind, cause.message, { bundle, cause });
  }
}
