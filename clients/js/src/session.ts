import { parseRetryAfter } from './backoff.js';
import type { Clock } from './clock.js';
import { BelfryError, toError } from './errors.js';
import { VERSION } from './version.js';

/**
 * The user's token, or a function that fetches one. It is called with `refresh: true` when the server has refused the token that
 * it returned before.
 */
export type Token = string | ((context: { refresh: boolean }) => string | Promise<string>);

export interface Request {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
  signal?: AbortSignal;
}

/** Requests in one user's name. A token that is refused is renewed once a request, and once for all that were refused with it. */
export class Session {
  #current: string | undefined;
  #pending: Promise<string> | undefined;
  #user: string | undefined;

  constructor(
    private readonly url: string,
    private readonly token: Token | undefined,
    private readonly fetch: typeof globalThis.fetch,
    private readonly clock: Clock,
  ) {}

  /** Who the token is about, as far as it can be read; undefined with cookies. */
  async user(): Promise<string | undefined> {
    await this.#get();
    return this.#user;
  }

  /** The answer, whatever its status is; throws when there was none. */
  async send(path: string, request: Request = {}): Promise<Response> {
    const token = await this.#get();
    const answer = await this.#fetch(path, request, token);
    if (answer.status !== 401 || typeof this.token !== 'function') return answer;

    void answer.body?.cancel().catch(() => {});
    return this.#fetch(path, request, await this.#get(token));
  }

  /** A JSON answer; throws for every status but 2xx. */
  async json<T>(path: string, request?: Request): Promise<T> {
    const control = new AbortController();
    const timer = this.clock.setTimeout(() => control.abort(new BelfryError('timeout', 'The server did not answer in 30 s.')), 30_000);
    try {
      const answer = await this.send(path, { ...request, signal: control.signal });
      if (!answer.ok) throw await this.problem(answer);
      const text = await answer.text();
      return (text ? JSON.parse(text) : undefined) as T;
    } catch (error) {
      throw toError(error);
    } finally {
      this.clock.clearTimeout(timer);
    }
  }

  /** An answer that is not 2xx as an error (RFC 9457, where the body is one). */
  async problem(answer: Response): Promise<BelfryError> {
    const body = (await answer.json().catch(() => undefined)) as { type?: string; title?: string; detail?: string } | undefined;
    const code = /^urn:belfry:problem:(.+)$/.exec(body?.type ?? '')?.[1] ?? `http-${answer.status}`;
    const text = [body?.title, body?.detail].filter(Boolean).join('. ') || `The server answered ${answer.status}.`;
    return new BelfryError(code, text, answer.status, parseRetryAfter(answer.headers.get('retry-after'), this.clock.now()));
  }

  #fetch(path: string, request: Request, token: string | undefined): Promise<Response> {
    const headers: Record<string, string> = { 'X-Belfry-Client': `js/${VERSION}`, ...request.headers };
    if (token) headers['Authorization'] = `Bearer ${token}`;
    const init: RequestInit = { method: request.method ?? 'GET', headers, cache: 'no-store', credentials: token ? 'same-origin' : 'include' };
    if (request.signal) init.signal = request.signal;
    if (request.body !== undefined) {
      headers['Content-Type'] = 'application/json';
      init.body = JSON.stringify(request.body);
    }

    return this.fetch(this.url + path, init);
  }

  /** @param refused the token that the server did not take */
  async #get(refused?: string): Promise<string | undefined> {
    if (!this.token) return undefined;
    if (this.#current !== undefined && this.#current !== refused) return this.#current;
    this.#pending ??= this.#ask(refused !== undefined).finally(() => (this.#pending = undefined));
    return this.#pending;
  }

  async #ask(refresh: boolean): Promise<string> {
    let token: string;
    try {
      token = typeof this.token === 'function' ? await this.token({ refresh }) : this.token!;
    } catch (cause) {
      throw new BelfryError('token', 'The token could not be fetched.', undefined, undefined, { cause });
    }

    const user = subjectOf(token);
    if (this.#user !== undefined && user !== this.#user) {
      throw new BelfryError('user-changed', 'The new token is another user\'s: close this client and connect anew.');
    }

    this.#user = user;
    return (this.#current = token);
  }
}

/** The user in a JWT. Nothing is trusted to it: it only keeps tabs of different users apart. */
export function subjectOf(token: string): string | undefined {
  try {
    const part = token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/');
    const bytes = Uint8Array.from(atob(part), (c) => c.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as { sub?: unknown; iss?: unknown };
    return typeof claims.sub === 'string' ? JSON.stringify([claims.iss ?? null, claims.sub]) : undefined;
  } catch {
    return undefined;
  }
}
