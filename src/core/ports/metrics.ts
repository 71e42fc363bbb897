/** What the service measures of itself. */
export abstract class Metrics {
  /** The media type of `text`. */
  abstract readonly contentType: string;

  /** All figures, as of now, in the text format of Prometheus. They name no subject and no object. */
  abstract text(): Promise<string>;
}
