import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { Account, AdministratorRevokeRequest, RevokedCertificates } from '../../../wire/administration.js'
import { NothingToSay } from '../../../wire/upkeep.js'
import { problems } from '../../http/problems.js'
import { DeviceQuery } from '../../hub/routes/own.js'
import { ACT_ERRORS, type AdministrationRouteOptions, CLOSES, TAGS, UserParams } from './common.js'

const act = {
  tags: TAGS,
  params: UserParams,
  querystring: DeviceQuery,
  body: NothingToSay,
  response: { 200: Account, ...problems(...ACT_ERRORS) },
}

const ACTS = {
  disable: {
    ...act,
    operationId: 'disableUser',
    summary: 'Disable a user',
    description: 'His live connections end with 4503, and nothing of his is good until he is enabled again.',
  },
  enable: {
    ...act,
    operationId: 'enableUser',
    summary: 'Enable a user',
    description: 'Certificates that were neither revoked nor ended meanwhile are good again.',
  },
  unlock: {
    ...act,
    operationId: 'unlockUser',
    summary: 'Unlock a user',
    description:
      'Lifts locks and delays after wrong passwords, and calls a deletion off that was asked for by password.',
  },
} as const

const revoke = {
  operationId: 'revokeCertificatesOfUser',
  tags: TAGS,
  summary: 'Revoke certificates of a user',
  description:
    'One, or the newest and all that have not ended; live connections under them end with 4501. He can get another by password (recover), unless he is disabled.',
  params: UserParams,
  querystring: DeviceQuery,
  body: AdministratorRevokeRequest,
  response: { 200: RevokedCertificates, ...problems('not_found', ...ACT_ERRORS) },
}

/** What is done to a user. */
export const actRoutes: FastifyPluginAsyncZod<AdministrationRouteOptions> = async (
  app,
  { administration, administratorOf },
) => {
  for (const name of ['disable', 'enable', 'unlock'] as const)
    app.post(`/users/:username/${name}`, { schema: ACTS[name], config: CLOSES }, (request) =>
      administration[name](request.params.username, administratorOf(request)),
    )
  app.post('/users/:username/revoke', { schema: revoke, config: CLOSES }, (request) =>
    administration.revoke(request.params.username, request.body, administratorOf(request)),
  )
}
