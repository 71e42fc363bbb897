import { z } from 'zod';
import type { DescribedPart } from '../../api/route-docs.js';

const documentAnswer = z.looseObject({ openapi: z.string(), info: z.looseObject({}), paths: z.looseObject({}) });

/** The routes of this description itself. */
export const openApiDocs: DescribedPart = {
  tag: 'description',
  description: 'The interface, described for programs and for people.',
  routes: {
    'GET /openapi.json': {
      operationId: 'getOpenApi',
      summary: 'Answers this description, by OpenAPI 3.1',
      answers: { 200: documentAnswer },
      examples: {
        'its beginning': {
          answer: { openapi: '3.1.0', info: { title: 'Castellan', version: '0.1.0' }, paths: {} },
        },
      },
    },
    'GET /docs': {
      operationId: 'getDocs',
      summary: 'Answers a page to read this description on, and to try it',
      answers: { 200: { contentType: 'text/html; charset=utf-8', example: '<!doctype html>…' } },
      headers: { 'Content-Security-Policy': 'Lets the page load from this service, and from nowhere else.' },
      examples: { 'the page': {} },
    },
    'GET /docs/:file': {
      operationId: 'getDocsFile',
      summary: 'Answers a file of that page',
      answers: { 200: { contentType: '*/*', example: '.swagger-ui{…}' } },
      refusals: ['not_found'],
      headers: { 'Cache-Control': 'Its name changes with what it holds, so it may be kept for ever.' },
      examples: { 'its style': { params: { file: 'swagger-ui.css' } } },
    },
  },
};
