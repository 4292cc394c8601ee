import { z } from 'zod'
import type { ErrorCode } from '../../../errors.js'
import type { Administration } from '../../../identity/admin/administration.js'
import { Username } from '../../../wire/formats.js'
import { CLOSING, HUB_ERRORS } from '../../hub/rest-routes.js'
import { DeviceQuery } from '../../hub/routes/own.js'

export interface AdministrationRouteOptions {
  readonly administration: Administration
}

export const TAGS = ['Administration']

/** What any of these routes may answer to whoever may not. */
export const ADMINISTRATION_ERRORS = [...HUB_ERRORS, 'forbidden'] as const satisfies readonly ErrorCode[]

export const CLOSES = { closeOn: CLOSING }

export const UserParams = z.strictObject({ username: Username })

/** A query with what every query of the hub may have. */
export function query<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>) {
  return schema.extend(DeviceQuery.shape)
}
