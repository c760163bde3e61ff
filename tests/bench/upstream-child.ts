/** The provider: the demo upstream over HTTPS, in a process of its own. It is the same for everything that is measured. */
import { readFileSync } from 'node:fs';
import { start, type Upstream } from '../../gateway/demo/upstream/upstream.ts';
import { answerParent } from './channel.ts';
import { streamedFrames } from './loads.ts';
import { makeMeters } from './meters.ts';
import type { Pem } from './workbench.ts';

let upstream: Upstream | undefined;

answerParent({
  ...makeMeters(),
  async start({ credential, pem }: { readonly credential: string; readonly pem: Pem }) {
    upstream = await start({
      credential,
      journal: 0,
      tls: { cert: readFileSync(pem.certificate, 'utf8'), key: readFileSync(pem.key, 'utf8') },
      // Its own speech is short; a stream here is long, and each event leaves by itself.
      fault: ({ body }) =>
        body.includes('"stream":true')
          ? {
              kind: 'raw',
              headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
              pieces: streamedFrames,
            }
          : undefined,
    });
    return { url: upstream.url };
  },
  stop: () => upstream?.close(),
});
