/**
 * Measures. Prints a table, or with --json one line. Ends with 1 where something failed or a record is missing: a wrong benchmark is worse than
 * none.
 *
 *   npm run bench                     CPU per request, ours against a bare pass-through
 *   npm run bench -- decide           time of the decide step
 *   npm run bench -- record           CPU per line of the durable record
 *   npm run bench -- floor            CPU per request with parts of the gateway taken away
 *   npm run bench -- verify           time of verifying a decision log of a million records
 *   npm run bench -- replay           asking 100,000 recorded decisions again
 *   npm run bench -- search           questions to the index of a million records; or --entries N
 *   npm run bench -- reload           swapping a bundle with 100,000 principals under load
 *   npm run bench -- reload-gateway   the same with the whole gateway, over HTTPS
 *   npm run bench -- rollouts          200 rollouts of two bundles from a bundle server under load
 *   npm run bench -- soak --minutes 2 decisions without a pause: memory; or --evaluations 10000000, in place of a time
 *   npm run bench -- --quick --json   fewer and shorter rounds; for machines
 *   npm run bench -- --profile        also where the time goes, from rounds that do not count
 *   npm run bench -- --load small     only one of small, large, stream
 */
import { parseArgs } from 'node:util';
import { benchDecide } from './decide.ts';
import { benchFloor } from './floor.ts';
import { benchProxy } from './proxy.ts';
import { benchRecord } from './record.ts';
import { benchReload } from './reload.ts';
import { benchReloadGateway } from './reload-gateway.ts';
import { benchReplay } from './replay.ts';
import { renderDecide, renderProxy, renderRecord, renderVerify } from './report.ts';
import { renderFloor, renderReload, renderReloadGateway, renderReplay, renderRollouts, renderSoak } from './report-engine.ts';
import { benchRollouts } from './rollouts.ts';
import { benchSearch, renderSearch } from './search.ts';
import { benchSoak } from './soak.ts';
import { benchVerify } from './verify.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    load: { type: 'string' },
    minutes: { type: 'string', default: '2' },
    evaluations: { type: 'string' },
    entries: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
const tell = (progress: string) => void (process.stderr.isTTY && process.stderr.write(`${progress}\n`));
const [what = 'proxy'] = positionals;

function print<T extends { readonly sound: boolean }>(result: T, render: (result: T) => string): void {
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : render(result));
  if (!result.sound) process.exitCode = 1;
}

switch (what) {
  case 'proxy':
    print(await benchProxy({ ...values, ...(values.load === undefined ? {} : { only: values.load }), tell }), renderProxy);
    break;
  case 'decide':
    print(await benchDecide(values), renderDecide);
    break;
  case 'floor':
    print(await benchFloor(values), renderFloor);
    break;
  case 'record':
    print(await benchRecord(values), renderRecord);
    break;
  case 'verify':
    print(await benchVerify(values), renderVerify);
    break;
  case 'search':
    print(await benchSearch(values.entries === undefined ? {} : { entries: Number(values.entries) }), renderSearch);
    break;
  case 'replay':
    print(await benchReplay(values), renderReplay);
    break;
  case 'reload':
    print(await benchReload(values), renderReload);
    break;
  case 'reload-gateway':
    print(await benchReloadGateway(values), renderReloadGateway);
    break;
  case 'rollouts':
    print(await benchRollouts(values), renderRollouts);
    break;
  case 'soak':
    print(
      await benchSoak({
        minutes: Number(values.minutes),
        ...(values.evaluations === undefined ? {} : { evaluations: Number(values.evaluations) }),
        tell,
      }),
      renderSoak,
    );
    break;
  default:
    process.stderr.write(
      `nothing is called "${what}"; there are: proxy, decide, floor, record, verify, replay, reload, reload-gateway, rollouts, soak\n`,
    );
    process.exitCode = 1;
}
