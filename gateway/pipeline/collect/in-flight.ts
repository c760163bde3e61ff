/** How many bytes of request bodies the gateway holds at one time, over all requests. */
export interface InFlight {
  /** Takes room; `false` where there is none, and then nothing was taken. */
  reserve(bytes: number): boolean;
  release(bytes: number): void;
  /** Bytes that are reserved at present. */
  held(): number;
}

/**
 * Bounds the memory that bodies can take. A body that announces its length reserves all of it before the first byte is read, so that a crowd of
 * slow senders is refused at the door and does not fill the memory together later.
 */
export function makeInFlight(limitBytes: number): InFlight {
  let held = 0;
  return {
    reserve(bytes) {
      if (held + bytes > limitBytes) return false;
      held += bytes;
      return true;
    },
    release(bytes) {
      held -= bytes;
    },
    held: () => held,
  };
}
