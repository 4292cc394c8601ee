import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { AccountDetails, UserList, UsersQuery } from '../../../wire/administration.js'
import { problems } from '../../http/problems.js'
import { withNumbers } from '../../http/query-numbers.js'
import { DeviceQuery } from '../../hub/routes/own.js'
import { ADMINISTRATION_ERRORS, type AdministrationRouteOptions, CLOSES, query, TAGS, UserParams } from './common.js'

const list = {
  operationId: 'listUsers',
  tags: TAGS,
  summary: 'List users',
  description: 'All of them by name, deleted ones too, a page at a time.',
  querystring: query(UsersQuery),
  response: { 200: UserList, ...problems(...ADMINISTRATION_ERRORS) },
}

const show = {
  operationId: 'showUser',
  tags: TAGS,
  summary: 'Show a user',
  description: 'With what keeps him from logging in.',
  params: UserParams,
  querystring: DeviceQuery,
  response: { 200: AccountDetails, ...problems('user_not_found', ...ADMINISTRATION_ERRORS) },
}

export const userRoutes: FastifyPluginAsyncZod<AdministrationRouteOptions> = async (app, { administration }) => {
  app.get('/users', { schema: list, config: CLOSES, validatorCompiler: withNumbers }, (request) =>
    administration.listUsers(request.query),
  )
  app.get('/users/:username', { schema: show, config: CLOSES }, (request) =>
    administration.showUser(request.params.username),
  )
}
