import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { ErrorCode } from '../../../errors.js'
import type { Administration } from '../../../identity/admin/administration.js'
import type { Administrator } from '../../../identity/admin/dependencies.js'
import { Username } from '../../../wire/formats.js'
import { CLOSING, HUB_ERRORS } from '../../hub/rest-routes.js'
import { DeviceQuery } from '../../hub/routes/own.js'

export interface AdministrationRouteOptions {
  readonly administration: Administration
  /** Who asks. */
  readonly administratorOf: (request: FastifyRequest) => Administrator
}

export const TAGS = ['Administration']

/** What any of these routes may answer to whoever may not. */
export const ADMINISTRATION_ERRORS = [...HUB_ERRORS, 'forbidden'] as const satisfies readonly ErrorCode[]

/** What any act upon a user may answer. */
export const ACT_ERRORS = [
  'user_not_found',
  'unsupported_media_type',
  'too_large',
  ...ADMINISTRATION_ERRORS,
] as const satisfies readonly ErrorCode[]

export const CLOSES = { closeOn: CLOSING }

export const UserParams = z.strictObject({ username: Username })

/** A query with what every query of the hub may have. */
export function query<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>) {
  return schema.extend(DeviceQuery.shape)
}
