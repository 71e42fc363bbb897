import { StandardSchemaValidationPipe, type INestApplication, type NestApplicationOptions } from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { BlogModule } from './blog.module.js';
import { PrismaErrorFilter } from './prisma-error.filter.js';

export type Platform = 'express' | 'fastify';

export interface BlogSettings {
  readonly databaseUrl: string;
  readonly platform: Platform;
}

/** The whole blog, on the platform that is asked for: nothing else in it knows which one that is. */
export async function createBlog(
  { databaseUrl, platform }: BlogSettings,
  options: NestApplicationOptions = { logger: ['error', 'warn'] },
): Promise<INestApplication> {
  const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();
  const blog = await NestFactory.create(BlogModule.over(databaseUrl), adapter, options);
  blog.useGlobalPipes(new StandardSchemaValidationPipe());
  blog.useGlobalFilters(new PrismaErrorFilter(blog.get(HttpAdapterHost).httpAdapter));
  return blog;
}
