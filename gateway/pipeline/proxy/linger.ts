import type { IncomingMessage, ServerResponse } from 'node:http';

/** How long, and for how many bytes, a caller may go on sending after it was refused. */
const longestMs = 1_000;
const mostBytes = 1024 * 1024;

/** Does this request announce a body that has not wholly come? (RFC 9112 section 6: only these two fields announce one.) */
export function hasUnreadBody(req: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = req.headers;
  return !req.complete && ((length !== undefined && length !== '0') || coding !== undefined);
}

/**
 * Ends a response to a request whose body was not read, and with it the connection.
 *
 * Closing while bytes still come in makes the system answer with a reset, which takes the response away before the caller has read it. So the
 * response is sent whole, and the connection closed a moment later; what comes in meanwhile is thrown away unseen.
 */
export function endLingering(req: IncomingMessage, res: ServerResponse, body: Buffer): void {
  let bytes = 0;
  const finish = (): void => {
    clearTimeout(timer);
    req.off('data', count);
    req.off('end', finish);
    req.off('close', finish);
    res.end();
  };
  const count = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > mostBytes) finish();
  };
  const timer = setTimeout(finish, longestMs);
  res.write(body);
  req.on('data', count);
  req.once('end', finish);
  req.once('close', finish);
  // Whoever had begun to read the body may have paused it.
  req.resume();
}
