/**
 * A failure with a stable `code`: the last part of the server's problem type (`unauthorized`, `store-unavailable`, …), or one of
 * `network`, `timeout`, `not-a-stream`, `token`, `user-changed`, `overflow`, `closed` from this client.
 */
export class BelfryError extends Error {
  override readonly name = 'BelfryError';

  constructor(
    readonly code: string,
    message: string,
    /** The HTTP status; absent when there was no answer. */
    readonly status?: number,
    /** Milliseconds that the server asks to wait. */
    readonly retryAfter?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export function toError(cause: unknown): BelfryError {
  if (cause instanceof BelfryError) return cause;
  return new BelfryError('network', cause instanceof Error ? cause.message : String(cause), undefined, undefined, { cause });
}
