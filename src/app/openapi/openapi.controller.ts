import { readFile } from 'node:fs/promises';
import { Controller, Get, Header, Inject, Param, Query, Res } from '@nestjs/common';
import { DiscoveryService, Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { id } from '../../api/schemas.js';
import { AUTH_OPTIONS, type AuthOptions } from '../../auth/auth-options.js';
import { notFound } from '../../core/errors.js';
import { Public } from '../../nest/route-policy.js';
import { routesOf } from '../../nest/undeclared-routes.js';
import { openApiDocument, type OpenApiDocument } from './openapi-document.js';
import { PageFiles } from './page-files.js';

// Nothing from elsewhere, and nothing that is written into the page itself.
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
const FOR_EVER = 'public, max-age=31536000, immutable';

const fileParams = z.object({ file: id });

/** The description of the interface: for programs, and as a page that needs nothing from elsewhere. */
@Public()
@Controller()
export class OpenApiController {
  readonly #files = new PageFiles();
  #document: Promise<OpenApiDocument> | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
    @Inject(AUTH_OPTIONS) private readonly auth: AuthOptions,
  ) {}

  /** Made once: the routes of a service that has started stay as they are. */
  @Get('openapi.json')
  document(): Promise<OpenApiDocument> {
    return (this.#document ??= this.#describe());
  }

  @Get('docs')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', PAGE_POLICY)
  page(): Promise<string> {
    return this.#files.page();
  }

  @Get('docs/:file')
  async file(
    @Param({ schema: fileParams }) { file: name }: z.infer<typeof fileParams>,
    @Query('v') version: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    const file = await this.#files.find(name);
    if (!file) throw notFound();
    void reply.type(file.contentType).header('Cache-Control', version === file.version ? FOR_EVER : 'no-cache');
    return file.content;
  }

  async #describe(): Promise<OpenApiDocument> {
    const manifest = await readFile(new URL('../../../package.json', import.meta.url), 'utf8');
    const { version } = JSON.parse(manifest) as { version: string };
    return openApiDocument({
      routes: routesOf(this.discovery, this.reflector),
      version,
      publicUrl: this.auth.publicUrl,
    });
  }
}
