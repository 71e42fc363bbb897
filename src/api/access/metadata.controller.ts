import { Controller, Get, Header, Inject } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { AddressInfo } from 'node:net';
import { AUTH_OPTIONS, type AuthOptions } from '../../auth/auth-options.js';
import { Public } from '../../nest/route-policy.js';

/** Where the parts of the AuthZEN Authorization API are found. */
export interface Metadata {
  readonly policy_decision_point: string;
  readonly access_evaluation_endpoint: string;
  readonly access_evaluations_endpoint: string;
  readonly search_subject_endpoint: string;
  readonly search_resource_endpoint: string;
  readonly search_action_endpoint: string;
}

/**
 * Tells programs where to ask. The address comes from the settings: what a request says of itself could lead others astray.
 *
 * @see https://openid.net/specs/authorization-api-1_0.html
 */
@Public()
@Controller('.well-known/authzen-configuration')
export class MetadataController {
  constructor(
    @Inject(AUTH_OPTIONS) private readonly options: AuthOptions,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Get()
  @Header('Cache-Control', 'public, max-age=3600')
  metadata(): Metadata {
    const url = this.options.publicUrl ?? this.#listeningAt();
    const base = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
    return {
      policy_decision_point: base,
      access_evaluation_endpoint: `${base}/access/v1/evaluation`,
      access_evaluations_endpoint: `${base}/access/v1/evaluations`,
      search_subject_endpoint: `${base}/access/v1/search/subject`,
      search_resource_endpoint: `${base}/access/v1/search/resource`,
      search_action_endpoint: `${base}/access/v1/search/action`,
    };
  }

  #listeningAt(): URL {
    const { address, port, family } = this.adapterHost.httpAdapter.getHttpServer().address() as AddressInfo;
    return new URL(`http://${family === 'IPv6' ? `[${address}]` : address}:${port}`);
  }
}
