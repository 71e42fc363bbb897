/** The request that an error is about, as far as it may be told: method and path, never a header or a body. */
export interface SentRequest {
  /** `GET /api/v1/users/alice` */
  readonly request: string;
  /** Which attempt it was; 1 for the first. */
  readonly attempts: number;
}

/** Whatever goes wrong between the client and the service. No error of the client's holds a credential. */
export class CastellanClientError extends Error {
  override readonly name: string = 'CastellanClientError';
  /** `GET /api/v1/users/alice`; null when there was nothing to send. */
  readonly request: string | null;
  /** How often it was sent; what an earlier attempt did may not be known. */
  readonly attempts: number;

  constructor(reason: string, sent: SentRequest | null = null) {
    super(
      sent === null ? reason : `${sent.request}: ${reason}${sent.attempts > 1 ? ` (attempt ${sent.attempts})` : ''}`,
    );
    this.request = sent?.request ?? null;
    this.attempts = sent?.attempts ?? 0;
  }
}

/** There was no whole answer: the service can't be reached, or the connection broke. A write may have been carried out. */
export class NetworkError extends CastellanClientError {
  override readonly name: string = 'NetworkError';

  constructor(
    reason: string,
    sent: SentRequest,
    /** What the system calls it (`ECONNREFUSED`), where it says. */
    readonly code: string | null,
    /** Whether it is certain that the service saw nothing of the request. */
    readonly neverSent: boolean,
  ) {
    super(reason, sent);
  }
}

/** The answer did not come in time. A write may have been carried out. */
export class TimeoutError extends CastellanClientError {
  override readonly name: string = 'TimeoutError';

  constructor(
    sent: SentRequest,
    /** The time it was given, in milliseconds. */
    readonly timeout: number,
  ) {
    super(`no answer within ${timeout} ms`, sent);
  }
}

/** The answer is none of a Castellan service: a proxy stands in between, or the url leads somewhere else. */
export class UnexpectedAnswerError extends CastellanClientError {
  override readonly name: string = 'UnexpectedAnswerError';

  constructor(
    reason: string,
    sent: SentRequest,
    /** 0 where a browser does not tell. */
    readonly status: number,
    /** Seconds after which to try again, where the answer says so. */
    readonly retryAfter: number | null = null,
  ) {
    super(reason, sent);
  }
}

/** No URL can name what has such an id, so nothing was sent. `.` and `..` are ways up to everything that handles a URL. */
export class UnaddressableIdError extends CastellanClientError {
  override readonly name: string = 'UnaddressableIdError';

  constructor(fault: string) {
    super(`An id that goes into a URL ${fault}.`);
  }
}
