import { X509Certificate } from 'node:crypto'
import t from 'tap'
import { ERRORS, HermesError } from '../../../src/errors.js'
import { splitPem } from '../../../src/pki/pem.js'
import { CLOSE } from '../../../src/wire/frames.js'
import { ServerConfiguration } from '../../../src/wire/well-known.js'
import { ASYNCAPI, CONFIGURATION, listen, OPENAPI } from './listener.js'

t.test('the public half of the CA', async (t) => {
  const { get, hierarchy } = await listen(t)
  const { root, users, servers } = hierarchy
  const all = await get('/ca')
  t.equal(all.headers['content-type'], 'application/x-pem-file')
  t.same(splitPem(all.text), [users.certificatePem, servers.certificatePem, root.certificatePem])
  for (const [path, authority] of [
    ['/ca/users', users],
    ['/ca/servers', servers],
  ] as const) {
    const answer = await get(path)
    t.equal(answer.headers['content-type'], 'application/pkix-cert')
    t.ok(new X509Certificate(answer.bytes).raw.equals(authority.certificateDer))
  }
  t.equal((await get(`/ca/root/${root.fingerprint}`)).text, root.certificatePem)
  t.equal((await get(`/ca/root/${encodeURIComponent(root.fingerprint)}`)).text, root.certificatePem)
  t.match(await get(`/ca/root/${users.fingerprint}`), { status: 404, json: { code: 'not_found' } })
  t.match(await get('/ca/root/abc'), { status: 400, json: { code: 'invalid_request' } })
})

t.test('the configuration for clients', async (t) => {
  const { get } = await listen(t)
  const { status, json } = await get('/.well-known/hermes')
  t.equal(status, 200)
  t.same(ServerConfiguration.parse(json), CONFIGURATION)
})

t.test('health', async (t) => {
  let failure: Error | null = null
  let away: readonly 'nats'[] = []
  const ready = async () => {
    if (failure !== null) throw failure
    return { away }
  }
  const { get } = await listen(t, {}, { ready })
  t.match(await get('/health/live'), { status: 200, json: { status: 'ok' } })
  t.match(await get('/health/ready'), { status: 200, json: { status: 'ok' } })
  away = ['nats']
  t.same((await get('/health/ready')).json, { status: 'degraded', away: ['nats'] })
  failure = new Error('the secret cause')
  const unavailable = await get('/health/ready')
  t.match(unavailable, { status: 503, json: { code: 'unavailable' } })
  t.notMatch(unavailable.text, /secret/)
  failure = new HermesError('draining')
  t.match(await get('/health/ready'), { status: 503, json: { code: 'draining' } })
  t.match(await get('/health/live'), { status: 200 })
})

t.test('the WebSocket, as a document and as a page', async (t) => {
  const { get } = await listen(t)
  const yaml = await get('/asyncapi.yaml')
  t.equal(yaml.text, ASYNCAPI)
  t.equal(yaml.headers['content-type'], 'application/yaml')
  const { status, text, headers } = await get('/docs/asyncapi')
  t.equal(status, 200)
  t.equal(headers['content-type'], 'text/html; charset=utf-8')
  t.match(headers['content-security-policy'], /default-src 'none'; script-src 'self'/)
  t.notMatch(text, /<script|src=|undefined|\[object/, 'it loads nothing, and nothing is missing')
  const anchors = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
  t.equal(new Set(anchors).size, anchors.length, 'an anchor is unique')
  for (const [, target = ''] of text.matchAll(/href="#([^"]+)"/g)) t.ok(anchors.includes(target), `#${target}`)
  for (const heading of ['start', 'ack', 'Refusals', 'hello-notification', 'gap-notification', 'JoinedEvent'])
    t.ok(anchors.includes(heading), heading)
})

t.test('what each refusal and close code means', async (t) => {
  const { get } = await listen(t)
  const { status, text, headers } = await get('/docs/errors')
  t.equal(status, 200)
  t.match(headers['content-security-policy'], /default-src 'none'/)
  const codes = [...Object.keys(ERRORS), ...Object.values(CLOSE).map(({ code }) => code)]
  for (const code of codes) t.match(text, `<h3 id="${code}">`)
  for (const [, target] of text.matchAll(/href="#([^"]+)"/g)) t.match(text, ` id="${target}"`)
})

t.test('documents', async (t) => {
  const { get } = await listen(t)
  const yaml = await get('/openapi.yaml')
  t.equal(yaml.text, OPENAPI)
  t.equal(yaml.headers['content-type'], 'application/yaml')
  t.match((await get('/docs/json')).json, { info: { title: 'Hermes' } }, 'the pages show the merged document')
  t.equal((await get('/docs/yaml')).text, OPENAPI, 'as it is, which costs nothing')
  for (const path of ['/docs', '/docs/']) {
    const page = await get(path)
    t.equal(page.status, 200)
    t.match(page.headers['content-security-policy'], /default-src 'none'/)
    t.notMatch(page.headers['content-security-policy'], /https:|unsafe-eval/)
    const assets = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url = '']) => url)
    t.ok(assets.length >= 5)
    for (const asset of assets) {
      const url = new URL(asset, `https://localhost${path}`)
      t.equal(url.hostname, 'localhost', 'nothing from elsewhere')
      t.equal((await get(url.pathname)).status, 200, url.pathname)
    }
    t.notMatch(page.text, /<script>|<script [^>]*>[^\s<]/, 'no inline script, which the policy would block')
  }
  for (const path of ['%2e%2e/%2e%2e/package.json', '%00'])
    t.match((await get(`/docs/static/${path}`)).json, { status: 403, code: 'forbidden' }, path)
  t.match(await get('/docs/static/nothing'), { status: 404, headers: { 'content-type': 'application/problem+json' } })
})
