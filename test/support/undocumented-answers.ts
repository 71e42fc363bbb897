import { Module, type DynamicModule } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { OpenApiController } from '../../src/app/openapi/openapi.controller.js';
import { DocumentedAnswers } from './documented-answers.js';
import { noteUndocumented } from './undocumented-notes.js';

/** Looks at every answer that a service gives, whoever asked and however. */
export interface AnswerWatch {
  /** To be among the imports of the service. */
  readonly module: DynamicModule;
  /** Begins to look, by the service's own description. */
  begin(app: NestFastifyApplication, options: { readonly mayHaveOtherRoutes: boolean }): Promise<void>;
}

/** Notes each answer that is not as the service's own description says; the test in which it was given fails by that. */
export function watchAnswers(): AnswerWatch {
  let documented: DocumentedAnswers | undefined;
  let mayHaveOtherRoutes = false;

  @Module({})
  class AnswerWatchModule {
    constructor(host: HttpAdapterHost) {
      host.httpAdapter.getInstance<FastifyInstance>().addHook('onSend', (request, reply, payload, done) => {
        done();
        const route = request.is404 ? undefined : request.routeOptions.url;
        if (!documented || (mayHaveOtherRoutes && route !== undefined && !documented.has(request.method, route)))
          return;
        const fault = documented.faultOf({
          method: request.method,
          route,
          status: reply.statusCode,
          headers: reply.getHeaders(),
          body: typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : null,
        });
        if (fault !== undefined) noteUndocumented(fault);
      });
    }
  }

  return {
    module: { module: AnswerWatchModule },
    begin: async (app, options) => {
      documented = new DocumentedAnswers(await app.get(OpenApiController, { strict: false }).document());
      ({ mayHaveOtherRoutes } = options);
    },
  };
}
