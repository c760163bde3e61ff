import { buildConfiguration } from '../../gateway/config/load.ts';
import type { FileSystemPort } from '../../gateway/ledger/file-system.ts';
import { type Gateway, startGateway } from '../../gateway/main.ts';
import type { Clock } from '../../gateway/vocabulary/clock.ts';
import type { LogFields, Logger } from '../../gateway/vocabulary/logger.ts';
import { type Scene, type SceneOptions, setScene, storyTime } from './scene.ts';

/** A clock that stands still until it is set. Durations are real, since what they measure is. */
export interface SettableClock extends Clock {
  set(milliseconds: number): void;
}

export interface LoggedLine {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly message: string;
  readonly fields: LogFields | undefined;
}

/** A scene with a gateway in this process. */
export interface World extends Scene {
  readonly gateway: Gateway;
  readonly port: number;
  readonly clock: SettableClock;
  /** What the gateway said to its operators. */
  readonly lines: readonly LoggedLine[];
}

export interface WorldOptions extends SceneOptions {
  /** The disk of the decision log. */
  readonly files?: FileSystemPort;
}

/** Opens a world. */
export async function openWorld({ files, ...more }: WorldOptions = {}): Promise<World> {
  const scene = await setScene(more);
  const { configurationPath, configurationText, environment } = scene;
  const configuration = buildConfiguration(configurationPath, configurationText, { environment });
  const clock = makeSettableClock();
  const lines: LoggedLine[] = [];
  const gateway = await startGateway(configuration, {
    logger: keepLines(lines),
    environment,
    clock,
    ...(files === undefined ? {} : { files }),
  });
  return {
    ...scene,
    gateway,
    port: Number(new URL(gateway.url).port),
    clock,
    lines,
    async close() {
      await gateway.stop();
      await scene.close();
    },
  };
}

function makeSettableClock(): SettableClock {
  let now = storyTime;
  return {
    now: () => now,
    monotonic: () => performance.now(),
    set: (milliseconds) => {
      now = milliseconds;
    },
  };
}

function keepLines(lines: LoggedLine[]): Logger {
  const keep = (level: LoggedLine['level']) => (message: string, fields?: LogFields) => void lines.push({ level, message, fields });
  return { error: keep('error'), warn: keep('warn'), info: keep('info'), debug: keep('debug') };
}
