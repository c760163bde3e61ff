import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answers } from './channel.ts';

/** What a process has used so far. */
export interface Usage {
  /** User and system, all threads, microseconds: getrusage(2) of the whole process, garbage collection and thread pool included. */
  readonly cpuUs: number;
  readonly systemUs: number;
  /** Of it, the main thread's. The rest is the thread pool, the collector's helpers and the compiler. */
  readonly mainUs: number;
  /** Bytes. */
  readonly residentBytes: number;
}

/** Longer than the lines of the record wait for company, so that the work of the last requests is counted too. */
const settleMs = 60;
const samplingUs = 250;

/** The questions about its own cost that every measured process answers in the same way. */
export function makeMeters(): Answers {
  const inspector = new Session();
  return {
    async usage(): Promise<Usage> {
      await pause(settleMs);
      const { user, system } = process.cpuUsage();
      const main = process.threadCpuUsage();
      return { cpuUs: user + system, systemUs: system, mainUs: main.user + main.system, residentBytes: process.memoryUsage.rss() };
    },
    async 'profile-start'() {
      inspector.connect();
      await inspector.post('Profiler.enable');
      await inspector.post('Profiler.setSamplingInterval', { interval: samplingUs });
      await inspector.post('Profiler.start');
    },
    /** @param all everything that is allocated counts; otherwise only what the young generation's collector had to keep */
    async 'heap-start'(all: boolean) {
      inspector.connect();
      await inspector.post('HeapProfiler.enable');
      const included = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: all };
      await inspector.post('HeapProfiler.startSampling', { samplingInterval: 4096, ...included });
    },
    async 'heap-stop'(path: string) {
      const { profile } = await inspector.post('HeapProfiler.stopSampling');
      inspector.disconnect();
      await writeFile(path, JSON.stringify(profile));
    },
    async 'profile-stop'(path: string) {
      const { profile } = await inspector.post('Profiler.stop');
      inspector.disconnect();
      await writeFile(path, JSON.stringify(profile));
    },
  };
}
