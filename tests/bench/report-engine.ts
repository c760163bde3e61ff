import type { FloorResult } from './floor.ts';
import type { ReloadResult } from './reload.ts';
import type { ReloadGatewayResult } from './reload-gateway.ts';
import type { ReplayResult } from './replay.ts';
import { table } from './report.ts';
import type { RolloutsResult } from './rollouts.ts';
import type { SoakResult } from './soak.ts';

export function renderReload(result: ReloadResult): string {
  const { principals, swaps, swapMs, requests, failed, mixed, longestPauseMs, memoryMiB, message, node, sound } = result;
  const pause = (title: string, { wall, own }: { wall: number; own: number }) => [title, `${wall}`, `${own}`];
  const parts = [
    `Node ${node.slice(1)}; ${principals} principals, swapped ${swaps} times under load`,
    table(
      ['longest pause of the event loop, ms', 'wall', 'own CPU'],
      [pause('quiet', longestPauseMs.quiet), pause('while reloading', longestPauseMs.reloading)],
    ),
    `requests ${requests}, failed ${failed}, decided by a mixture of revisions ${mixed}`,
    `a swap takes ${swapMs} ms; resident memory ${memoryMiB} MiB`,
    ...(message === undefined ? [] : [message]),
    ...(sound ? [] : ['NOT SOUND: requests failed or were mixed, or a revision did not become active.']),
  ];
  return `${parts.join('\n\n')}\n`;
}

export function renderRollouts(result: RolloutsResult): string {
  const { rollouts, requests, failed, mixed, rolloutMs, longestPauseMs, targetMs, message, node, sound } = result;
  const pause = (title: string, { wall, own }: { wall: number; own: number }) => [title, `${wall}`, `${own}`];
  const parts = [
    `Node ${node.slice(1)}; ${rollouts} rollouts of two bundles, from a bundle server that holds its answers back, under load`,
    table(
      ['longest pause of the event loop, ms', 'wall', 'own CPU'],
      [pause('quiet', longestPauseMs.quiet), pause('while rolling out', longestPauseMs.rolling), ['target', `${targetMs}`, '']],
    ),
    `requests ${requests}, failed ${failed}, decided by a mixture of revisions ${mixed}`,
    `from publishing to being in force: ${rolloutMs.p50} ms, at most ${rolloutMs.max} ms`,
    ...(message === undefined ? [] : [message]),
    ...(sound ? [] : ['NOT SOUND: requests failed or were mixed, or a rollout did not come into force.']),
  ];
  return `${parts.join('\n\n')}\n`;
}

export function renderFloor({ rows, rounds, node, sound }: FloorResult): string {
  const parts = [
    `Node ${node.slice(1)}; small bodies, ${rounds} rounds`,
    table(
      ['', 'CPU µs/request', 'ratio to bare'],
      rows.map(({ name, cpuUs, ratio }) => [name, `${cpuUs}`, `${ratio}`]),
    ),
    ...(sound ? [] : ['NOT SOUND: requests failed.']),
  ];
  return `${parts.join('\n\n')}\n`;
}

export function renderSoak({
  minutes,
  decisions,
  failing,
  swelling,
  wrong,
  residentMiB,
  heapMiB,
  instanceMiB,
  growth,
  node,
  sound,
}: SoakResult): string {
  const parts = [
    `Node ${node.slice(1)}; ${minutes} minutes`,
    `decisions ${decisions}, of them failing ${failing} and growing the memory ${swelling}; wrong ${wrong}`,
    `resident memory at each tenth, MiB: ${residentMiB.join(' ')}; the last over the third ${growth}`,
    `heap at each tenth, MiB: ${heapMiB.join(' ')}`,
    `memory of the policy's instance at the end: ${instanceMiB} MiB`,
    ...(sound ? [] : ['NOT SOUND: an answer was wrong, or memory grew.']),
  ];
  return `${parts.join('\n\n')}\n`;
}

export function renderReplay({ decisions, threads, seconds, changed, residentMiB, node, sound }: ReplayResult): string {
  const parts = [
    `Node ${node.slice(1)}; ${decisions} recorded decisions asked again on ${threads} threads in ${seconds} s`,
    `${changed} would change; resident memory ${residentMiB} MiB`,
    ...(sound ? [] : ['NOT SOUND: a decision was not compared, or others would change than the rule is about.']),
  ];
  return `${parts.join('\n\n')}\n`;
}

export function renderReloadGateway(result: ReloadGatewayResult): string {
  const { principals, swaps, swapMs, requests, perSecond, failed, complaints, mixed, decided, longestPauseMs, memoryMiB, node, sound } =
    result;
  const pause = (title: string, { wall, own }: { wall: number; own: number }) => [title, `${wall}`, `${own}`];
  const parts = [
    `Node ${node.slice(1)}; ${principals} principals, swapped ${swaps} times in a gateway that serves ${perSecond} requests a second`,
    table(
      ['longest pause of the event loop, ms', 'wall', 'own CPU'],
      [pause('quiet', longestPauseMs.quiet), pause('while reloading', longestPauseMs.reloading)],
    ),
    `requests ${requests}, failed ${failed}, decided by a mixture of revisions ${mixed} (${Object.entries(decided)
      .map(([revision, count]) => `${revision} ${count}`)
      .join(', ')})`,
    `a swap takes ${swapMs} ms; resident memory ${memoryMiB} MiB`,
    ...complaints,
    ...(sound ? [] : ['NOT SOUND: requests failed or were mixed, or a revision decided hardly anything.']),
  ];
  return `${parts.join('\n\n')}\n`;
}
