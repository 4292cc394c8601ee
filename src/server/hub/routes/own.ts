import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type ErrorCode, HermesError } from '../../../errors.js'
import type { Holder } from '../../../identity/upkeep/dependencies.js'
import { DeviceName } from '../../../wire/formats.js'
import { CLOSING, HUB_ERRORS } from '../rest-routes.js'

/** The query of every route of the hub. */
export const DeviceQuery = z.strictObject({ device: DeviceName.optional() })

/** What every route with a body may answer. */
export const BODY_ERRORS = [
  ...HUB_ERRORS,
  'unsupported_media_type',
  'too_large',
] as const satisfies readonly ErrorCode[]

export const CLOSES = { closeOn: CLOSING }

/** Whoever the client certificate proves the client to be. */
export function holderOf({ caller }: FastifyRequest): Holder {
  if (!caller) throw new HermesError('certificate_required')
  return caller.actor
}
