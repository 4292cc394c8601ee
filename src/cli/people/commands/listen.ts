import type { PeopleCommand } from '../command.js'
import { LineWriter } from '../line-writer.js'
import { Listener } from '../listener.js'

export const listen: PeopleCommand = {
  name: 'listen',
  summary: 'shows what was said since the last listen, and what comes',
  options: {
    all: { description: 'from the first event of each conversation that this device has' },
    once: { description: 'ends when all there is was shown' },
  },
  async run({ flags, session, stop }) {
    const client = await session.connectUntold()
    const unread = new AbortController()
    const writer = new LineWriter(() => {
      unread.abort()
      void session.close()
    })
    const listener = new Listener(client, {
      isJson: flags.has('json'),
      isAll: flags.has('all'),
      isOnce: flags.has('once'),
      stop: AbortSignal.any([stop, unread.signal]),
      write: (line) => writer.write(line),
    })
    await listener.run()
    return 0
  },
}
