import type { OpenAPIV3 } from 'openapi-types'
import t from 'tap'
import { DOCUMENT } from '../support/conformance.js'
import { grant } from '../support/console.js'
import { type HttpAnswer, KEEPING_CONNECTIONS, request } from '../support/https.js'
import { startServer, type TestServer } from '../support/server.js'
import { registerUser, type User } from '../support/user.js'

interface Parameter {
  readonly method: string
  readonly path: string
  readonly onHub: boolean
  readonly name: string
  readonly place: 'path' | 'query'
  readonly schema: OpenAPIV3.SchemaObject
}

/** As they stand in a request target. */
const HOSTILE: Readonly<Record<string, string>> = {
  nothing: '',
  NUL: 'alice%00admin',
  'a line feed': 'alice%0d%0aX-Admin:%20true',
  'an encoded surrogate': 'a%ed%a0%80b',
  'half a sequence': 'a%c3',
  'a percent sign': '%',
  'a path': '..%2f..%2fetc%2fpasswd',
  SQL: "'%3b%20DROP%20TABLE%20%22User%22%3b--",
  __proto__: '__proto__',
  'a fraction': '0.5',
  'a negative number': '-1',
  'a number beyond integers': '1e308',
  'many digits': '9'.repeat(400),
  'a long text': 'x'.repeat(3000),
}

/** Refuses what it does not understand inside of HTTP 200 [RFC 6960 4.2.1]. */
const OCSP = /^\/ocsp\//

/** Every other parameter of openapi.yaml, so that a new one is covered by itself. */
const PATHS = Object.entries(DOCUMENT.paths).filter(([path]) => !OCSP.test(path))
const PARAMETERS = PATHS.flatMap(([path, item]) =>
  Object.entries(item as Readonly<Record<string, OpenAPIV3.OperationObject>>).flatMap(([method, operation]) =>
    ((operation.parameters ?? []) as readonly OpenAPIV3.ParameterObject[]).flatMap(
      ({ name, in: place, schema }): Parameter[] =>
        place === 'path' || place === 'query'
          ? [
              {
                method: method.toUpperCase(),
                path,
                onHub: isOfHub(operation),
                name,
                place,
                schema: schema as OpenAPIV3.SchemaObject,
              },
            ]
          : [],
    ),
  ),
)

function isOfHub({ servers = [] }: OpenAPIV3.OperationObject): boolean {
  return servers.some(({ url }) => url.endsWith(':9443'))
}

/** A few of them are good names. */
function fits({ schema: { pattern } }: Parameter, value: string): boolean {
  return pattern !== undefined && new RegExp(pattern).test(value)
}

/** What stands for the other parameters of a path. */
const fitting = (name: string) => (name === 'username' ? 'alice' : '60038410-eb81-4348-9143-26d9203e1dd0')

function targetOf({ path, name, place }: Parameter, value: string): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, other: string) => (other === name ? value : fitting(other)))
  return place === 'path' ? filled : `${filled}?${name}=${value}`
}

function ask(server: TestServer, user: User, { method, onHub }: Parameter, target: string): Promise<HttpAnswer> {
  const body = method === 'POST' ? {} : undefined
  const [url, tls] = onHub ? [server.hubUrl, user.tls] : [server.identityUrl, { ca: server.rootPem }]
  return request(`${url}${target}`, { method, ...tls, agent: KEEPING_CONNECTIONS }, body)
}

t.test('every parameter of a path or a query, with every hostile text', { timeout: 110_000 }, async (t) => {
  const server = await startServer(t)
  const user = await registerUser(server, 'mallory')
  // So that nothing is refused before it is looked at.
  await grant(server, user, 'administrator')
  const get = { method: 'GET', path: '', name: '', place: 'query', schema: {} } as const
  t.ok(PARAMETERS.some(({ onHub }) => onHub) && PARAMETERS.some(({ onHub }) => !onHub))
  for (const parameter of PARAMETERS) {
    for (const [what, value] of Object.entries(HOSTILE)) {
      if (fits(parameter, value)) continue
      const target = targetOf(parameter, value)
      const { status, text } = await ask(server, user, parameter, target)
      if (status < 400 || status >= 500) t.fail(`${what} as ${parameter.name} of ${parameter.path}: ${status} ${text}`)
    }
    const { name, place } = parameter
    if (place !== 'query') continue
    const twice = await ask(server, user, parameter, `${targetOf(parameter, '1')}&${name}=1`)
    const { errors = [] } = twice.json<{ errors?: { path: string }[] }>()
    t.ok(twice.status === 400 && errors.some(({ path }) => path === name), `${parameter.path} ${name} twice`)
  }
  for (const query of ['__proto__=1', 'constructor=1', 'unknown', 'a[b]=1'])
    for (const onHub of [true, false]) {
      const target = `${onHub ? '/conversations' : '/ca'}?${query}`
      const answer = await ask(server, user, { ...get, onHub }, target)
      t.match([answer.status, answer.json()], [400, { code: 'invalid_request' }], target)
    }
  t.same((await user.call('GET', '/conversations')).json(), { conversations: [], more: false }, 'nothing was stored')
})
