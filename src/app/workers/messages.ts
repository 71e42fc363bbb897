import type { MetricObjectWithValues, MetricValue } from 'prom-client';

/** The figures of one process, as they are sent. */
export type Figures = MetricObjectWithValues<MetricValue<string>>[];

/** What the primary process tells a worker. */
export type ToWorker =
  | { readonly kind: 'start'; readonly databaseUrl: string }
  | { readonly kind: 'stop' }
  /** Wants the worker's figures. */
  | { readonly kind: 'figures'; readonly id: number }
  /** Answers a scrape; null when there was no answer to be had. */
  | { readonly kind: 'scraped'; readonly id: number; readonly text: string | null };

/** What a worker tells the primary process. */
export type ToPrimary =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'listening'; readonly address: string }
  | { readonly kind: 'failed'; readonly code: string | undefined; readonly message: string }
  | { readonly kind: 'figures'; readonly id: number; readonly figures: Figures }
  /** Somebody asks this worker for the metrics of all. */
  | { readonly kind: 'scrape'; readonly id: number };
