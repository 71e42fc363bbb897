import type { DescribedPart } from '../route-docs.js';

/** The route of the service's figures, as it is described. */
export const metricsDocs: DescribedPart = {
  tag: 'operations',
  description: 'What those who run the service look at.',
  routes: {
    'GET /metrics': {
      operationId: 'getMetrics',
      summary: "Answers the service's figures, in the text format of Prometheus",
      description: 'Takes `audit:view`, or the metrics token of the settings.',
      answers: {
        200: {
          contentType: 'text/plain; version=0.0.4; charset=utf-8',
          example:
            '# HELP process_open_fds Number of open file descriptors.\n# TYPE process_open_fds gauge\nprocess_open_fds 42\n',
        },
      },
      examples: { 'all figures': {} },
    },
  },
};
