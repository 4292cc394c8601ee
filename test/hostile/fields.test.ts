import { readdir } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { OPERATIONS } from '../../src/hub/operations/table.js'
import { RegisterRequest } from '../../src/wire/identity.js'
import { DOCUMENT } from '../support/conformance.js'
import { grant } from '../support/console.js'
import { type HttpAnswer, KEEPING_CONNECTIONS, request } from '../support/https.js'
import { connect, RpcFailure } from '../support/hub-client.js'
import { startServer, type TestServer } from '../support/server.js'
import { registerUsers, type User } from '../support/user.js'
import { hostileValues } from './hostile-values.js'
import { type Field, fieldsOf, sampleOf, withValue } from './schema-walk.js'

const WIRE = new URL('../../src/wire/', import.meta.url)

/** The schemas of src/wire/ that have a name, by it. */
async function namedSchemas(): Promise<ReadonlyMap<string, z.ZodType>> {
  const files = (await readdir(WIRE)).flatMap((name) => (name.endsWith('.ts') ? [name.replace(/ts$/, 'js')] : []))
  const modules = await Promise.all(files.map((name) => import(new URL(name, WIRE).href) as Promise<object>))
  const schemas = modules.flatMap((module) => Object.values(module)).filter((value) => value instanceof z.ZodType)
  return new Map(schemas.flatMap((schema) => (schema.meta()?.id ? [[String(schema.meta()?.id), schema]] : [])))
}

const OF_OPERATIONS = new Set<string>(OPERATIONS.flatMap(({ route }) => (route ? [route.path] : [])))

/**
 * Path and schema of each JSON body that openapi.yaml gives a listener, those of operations apart, so that a new one is
 * covered by itself.
 */
async function bodiesOf(port: 8443 | 9443): Promise<ReadonlyMap<string, z.ZodType>> {
  const schemas = await namedSchemas()
  const bodies = Object.entries(DOCUMENT.paths).flatMap(([path, item]): [string, z.ZodType][] => {
    const { requestBody, servers = [] } = item?.post ?? {}
    const content = requestBody && 'content' in requestBody ? requestBody.content['application/json'] : undefined
    if (content === undefined || OF_OPERATIONS.has(path)) return []
    if (!servers.some(({ url }) => url.endsWith(`:${port}`))) return []
    const [, name = ''] = /"#\/components\/schemas\/(\w+?)(?:Input)?"/.exec(JSON.stringify(content)) ?? []
    const schema = schemas.get(name)
    if (schema === undefined) throw new Error(`the body of ${path} is not a named schema of src/wire`)
    return [[path, schema]]
  })
  return new Map(bodies)
}

interface Attempt {
  readonly what: string
  readonly path: readonly string[]
  readonly value: unknown
  readonly mustRefuse: boolean
}

/** Members that no schema knows. */
const STRANGERS = ['__proto__', 'constructor', 'toString', 'unknown']

/** Each field with each hostile value, and members nobody knows. What only the schema can tell, the schema tells. */
function attemptsOn(schema: z.ZodType): readonly Attempt[] {
  const strangers = STRANGERS.map((name) => {
    const value = withValue(sampleOf(schema), [name], { isAdmin: true })
    return { what: `a member ${name}`, path: [], value, mustRefuse: true }
  })
  const fields = fieldsOf(schema).flatMap((field) => {
    const { never, perhaps } = hostileValues(field)
    const of = (mustRefuse: boolean) => (hostile: { name: string; value: unknown }) =>
      attempt(schema, field, hostile, mustRefuse)
    return [...never.map(of(true)), ...perhaps.map(of(false))]
  })
  return [...strangers, ...fields]
}

function attempt(
  schema: z.ZodType,
  { path, sample }: Field,
  hostile: { name: string; value: unknown },
  mustRefuse: boolean,
): Attempt {
  const value = withValue(sample, path, hostile.value)
  return {
    what: `${path.join('.')}: ${hostile.name}`,
    path,
    value,
    mustRefuse: mustRefuse || !schema.safeParse(value).success,
  }
}

t.test('the examples on the fields fit, so that each attempt breaks one thing', async (t) => {
  for (const { name, params } of OPERATIONS) t.ok(params.safeParse(sampleOf(params)).success, name)
  t.ok(RegisterRequest.safeParse(sampleOf(RegisterRequest)).success)
})

t.test('a lone surrogate, a wrong type and a missing field fit nowhere', async (t) => {
  for (const { name, params } of OPERATIONS)
    for (const field of fieldsOf(params))
      for (const { name: what, value } of hostileValues(field).never)
        t.notOk(
          params.safeParse(withValue(field.sample, field.path, value)).success,
          `${name} ${field.path.join('.')}: ${what}`,
        )
})

t.test('every field of every frame, with every hostile value', async (t) => {
  const server = await startServer(t)
  const { mallory, alice } = await registerUsers(server, 'mallory', 'alice')
  const client = await connect(t, server, mallory)
  for (const { method, params } of OPERATIONS) {
    if (method === null) continue
    for (const { what, value, path, mustRefuse } of attemptsOn(params)) {
      const refusal = await client.call(method, value as object).catch((error: unknown) => error)
      if (!(refusal instanceof RpcFailure)) {
        t.notOk(mustRefuse, `${method} took ${what}`)
        continue
      }
      t.ok(refusal.code < 500, `${method} ${what}: ${refusal.message}`)
      if (mustRefuse)
        t.ok(
          namesField(refusal.data, path, 'params.'),
          `${method} ${what}: ${JSON.stringify(refusal.data).slice(0, 300)}`,
        )
    }
    await unharmed(t, client, alice)
  }
})

t.test('every field of every POST, with every hostile value', async (t) => {
  const server = await startServer(t)
  const { mallory, alice } = await registerUsers(server, 'mallory', 'alice')
  for (const { route, params, name } of OPERATIONS) {
    if (route?.method !== 'POST') continue
    for (const { what, value, path, mustRefuse } of attemptsOn(params)) {
      if (path[0] && route.path.includes(`{${path[0]}}`)) continue
      const { body, url } = asRequest(route.path, value as Record<string, unknown>)
      const answer = await post(server, mallory, url, body)
      t.ok(answer.status < 500, `${name} ${what}: ${answer.text}`)
      if (mustRefuse)
        t.ok(
          answer.status === 400 && namesField(answer.json(), path, ''),
          `${name} ${what}: ${answer.text.slice(0, 300)}`,
        )
    }
  }
  t.equal((await alice.call('GET', '/me')).status, 200)
})

t.test('every field of every POST of the identity listener, with every hostile value', async (t) => {
  // So that a long string is refused as a field, not as a body.
  const server = await startServer(t, { HERMES_LOGIN_FAILURES: '0', HERMES_IDENTITY_BODY_BYTES: '1048576' })
  const schemas = await bodiesOf(8443)
  for (const path of ['/register', '/fetch-my']) t.ok(schemas.has(path), path)
  for (const [path, schema] of schemas)
    for (const { what, value, path: field, mustRefuse } of attemptsOn(schema)) {
      const answer = await request(
        `${server.identityUrl}${path}`,
        { method: 'POST', ca: server.rootPem, agent: KEEPING_CONNECTIONS },
        value,
      )
      t.ok(answer.status >= 400 && answer.status < 500, `${path} ${what}: ${answer.text}`)
      if (mustRefuse)
        t.ok(
          answer.status === 400 && namesField(answer.json(), field, ''),
          `${path} ${what}: ${answer.text.slice(0, 300)}`,
        )
    }
  const nobody = await request(`${server.identityUrl}/fetch/alice`, { ca: server.rootPem })
  t.equal(nobody.status, 404, 'nothing was stored')
})

t.test('every field of every POST of the hub that is no operation, with every hostile value', async (t) => {
  const server = await startServer(t, { HERMES_CERTIFICATES_PER_HOUR: '0' })
  const { mallory } = await registerUsers(server, 'mallory')
  await grant(server, mallory, 'administrator')
  const schemas = await bodiesOf(9443)
  for (const path of ['/renew', '/admin/users/{username}/revoke']) t.ok(schemas.has(path), path)
  for (const [path, schema] of schemas)
    for (const { what, value, path: field, mustRefuse } of attemptsOn(schema)) {
      const answer = await post(server, mallory, path.replace('{username}', 'nobody-there'), value)
      t.ok(answer.status >= 400 && answer.status < 500, `${path} ${what}: ${answer.text}`)
      if (mustRefuse)
        t.ok(
          answer.status === 400 && namesField(answer.json(), field, ''),
          `${path} ${what}: ${answer.text.slice(0, 300)}`,
        )
    }
  t.equal((await mallory.call('GET', '/me')).status, 200, 'nothing was done')
})

function post({ hubUrl }: TestServer, { tls }: User, path: string, body: unknown): Promise<HttpAnswer> {
  return request(`${hubUrl}${path}`, { method: 'POST', ...tls, agent: KEEPING_CONNECTIONS }, body)
}

/** Whether a refusal names the field, or what it stands in. */
function namesField(problem: object, path: readonly string[], prefix: string): boolean {
  const { code, errors } = problem as { code?: string; errors?: readonly { path: string }[] }
  const wanted = `${prefix}${path.join('.')}`.replace(/\.$/, '')
  return (
    code === 'invalid_request' &&
    (errors ?? []).some((error) => wanted.startsWith(error.path) || error.path.startsWith(wanted))
  )
}

function asRequest(path: string, value: Record<string, unknown>) {
  const body = { ...value }
  const url = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    delete body[name]
    return encodeURIComponent(String(value[name]))
  })
  return { url, body }
}

type Client = Awaited<ReturnType<typeof connect>>

/** Still connected, nothing stored, and others are served. */
async function unharmed(
  t: Test,
  client: Client,
  other: { call: (method: 'GET', path: string) => Promise<{ status: number }> },
): Promise<void> {
  const { conversations } = await client.call('conversations')
  t.same(conversations, [], 'nothing was stored')
  t.equal((await other.call('GET', '/me')).status, 200, 'others are served')
}
