import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { cut, freeze, stall, TcpProxy } from '../../chaos/servers/proxy.js'

/** What comes to a client through a proxy, from a server that says everything twice. */
async function throughProxy(t: Test) {
  const server = createServer((socket) => socket.on('data', (data) => socket.write(Buffer.concat([data, data]))))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const proxy = await TcpProxy.start(() => port)
  const client = connect(proxy.port, '127.0.0.1')
  t.teardown(() => {
    client.destroy()
    proxy.close()
    server.close()
  })
  const heard = async (said: string) => {
    client.write(said)
    return String((await once(client, 'data'))[0])
  }
  t.equal(await heard('a'), 'aa')
  const [pair] = proxy.pairs
  if (!pair) throw new Error('there is a connection')
  return { client, pair, proxy }
}

for (const [what, hold] of [
  ['stalled', stall],
  ['frozen', freeze],
] as const)
  t.test(`what is ${what} is not heard, and is when it goes on`, async (t) => {
    const { client, pair } = await throughProxy(t)
    const goOn = hold(pair)
    client.write('b')
    t.equal(await firstOf(client), null)
    goOn()
    t.equal(await firstOf(client), 'bb')
  })

/** What comes next, or null when it does not come while others are served. */
function firstOf(client: Socket): Promise<string | null> {
  return Promise.race([
    once(client, 'data').then(([data]) => String(data)),
    new Promise<null>((resolve) => setTimeout(resolve, 200, null)),
  ])
}

t.test('what is cut ends, and is forgotten', async (t) => {
  const { client, pair, proxy } = await throughProxy(t)
  cut(pair)
  await once(client, 'close')
  t.same(proxy.pairs, [])
})
