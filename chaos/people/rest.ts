import type { z } from 'zod'
import type { Credentials } from '../../src/client/credentials.js'
import { callEmpty, callJson } from '../../src/client/https.js'
import { METHODS, type ParamsOf, type ResultOf } from '../../src/client/methods.js'
import { Identity } from '../../src/wire/identity.js'
import { Empty, EventsResult } from '../../src/wire/operations.js'
import type { CallMethod, Calls } from '../history/entry.js'
import type { Device } from './device.js'
import { Lost } from './recorder.js'

type RestMethod = 'start' | 'invite' | 'send' | 'history' | 'whoami' | 'conversations'

/** What is asked, and where: a body makes it a POST. */
interface Route {
  readonly path: string
  readonly query?: object
  readonly body?: object
}

const ROUTES: { readonly [M in RestMethod]: (params: ParamsOf<M>) => Route } = {
  start: (body) => ({ path: '/conversations', body }),
  invite: ({ conversation, ...body }) => ({ path: `/conversations/${conversation}/invitations`, body }),
  send: ({ conversation, ...body }) => ({ path: `/conversations/${conversation}/messages`, body }),
  history: ({ conversation, ...query }) => ({ path: `/conversations/${conversation}/events`, query }),
  conversations: (query) => ({ path: '/conversations', query }),
  whoami: () => ({ path: '/me' }),
}

/** A method of the hub by REST, written down. */
export function callByRest<M extends RestMethod>(device: Device, method: M, params: ParamsOf<M>): Promise<ResultOf<M>> {
  const route: Route = ROUTES[method](params)
  const schema = METHODS[method].result as z.ZodType
  return written(device, method, params as Calls[M][0], route, schema, (answer) => answer as Calls[M][1]) as Promise<
    ResultOf<M>
  >
}

export function acknowledgeByRest(device: Device, conversation: string, seq: number): Promise<unknown> {
  const route = { path: `/conversations/${conversation}/ack`, body: { seq } }
  return written(device, 'ack', { conversation, seq }, route, Empty, () => ({}))
}

export function poll(device: Device, wait: number): Promise<z.output<typeof EventsResult>> {
  return written(device, 'events', { wait }, { path: '/events', query: { wait } }, EventsResult, (answer) => answer)
}

export function renewByRest(device: Device, csr: string): Promise<Identity> {
  return written(device, 'renew', {}, { path: '/renew', body: { csr } }, Identity, ({ fingerprint }) => ({
    fingerprint,
  }))
}

/** Revokes the certificate of the call itself. */
export async function revokeByRest(device: Device, own: Credentials, ends: readonly string[]): Promise<void> {
  const url = urlOf(device, { path: '/revoke' })
  const call = { url, ca: device.person.world.pin.rootPem, own, body: { reason: 'unspecified' } }
  await device.recorder.rest(
    'revoke',
    { ends },
    own.fingerprint,
    () => callEmpty(call),
    () => ({}),
  )
}

export function deleteByRest(device: Device, ends: readonly string[]): Promise<unknown> {
  return written(device, 'deleteAccount', { ends }, { path: '/delete-account', body: {} }, Empty, () => ({}))
}

function written<M extends CallMethod, S extends z.ZodType>(
  device: Device,
  method: M,
  params: Calls[M][0],
  route: Route,
  schema: S,
  toResult: (answer: z.output<S>) => Calls[M][1],
): Promise<z.output<S>> {
  const { credentials: own, world } = device.person
  if (!own) return Promise.reject(new Lost('there is no certificate'))
  const call = {
    url: urlOf(device, route),
    ca: world.pin.rootPem,
    own,
    schema,
    ...(route.body && { body: route.body }),
  }
  return device.recorder.rest(method, params, own.fingerprint, () => callJson(call), toResult)
}

function urlOf({ name, person, random }: Device, { path, query }: Route): URL {
  const url = new URL(path, person.world.node(random).hubUrl)
  for (const [key, value] of Object.entries({ device: name, ...query })) url.searchParams.set(key, String(value))
  return url
}
