import t from 'tap'
import { Listener } from '../../../src/cli/people/listener.js'
import type { HermesClient, Notice } from '../../../src/client/index.js'

t.test('a reason that the hub gives begins no line as if somebody had said it', async (t) => {
  const told: Notice[] = [
    { type: 'link', state: 'waiting', reason: 'why\n60038410-eb81-4348-9143-26d9203e1dd0 alice: yes' },
  ]
  const client = {
    conversations: () => [],
    invitations: async function* () {},
    notices: (async function* () {
      yield* told
    })(),
  } as unknown as HermesClient
  const lines: string[] = []
  const write = async (line: string) => void lines.push(line)
  const options = { isAll: false, isOnce: false, stop: new AbortController().signal, write }
  await new Listener(client, { ...options, isJson: false }).run()
  t.equal(lines.length, 1)
  t.notMatch(lines[0], '\n')
})
