import { HubClient } from '../../../src/client/hub-client.js'
import { HermesClient } from '../../../src/client/index.js'
import { Journal } from '../../../src/client/live/journal.js'

/**
 * A client that dies as by kill -9: its folder, the conversation, when it dies, and a message that it sends, if any.
 */
const [directory = '', id = '', when = '', payload, messageId] = process.argv.slice(2)

/** When what was written to the socket before has left. */
const die = (): void => void setTimeout(() => process.kill(process.pid, 'SIGKILL'), 100)

const client = await HermesClient.open({ directory })
if (payload === undefined) dieBefore(when)
await client.connect()
if (payload !== undefined) {
  dieBefore(when)
  await client.conversation(id).send(payload, messageId === undefined ? {} : { messageId })
}
await new Promise(() => setTimeout(() => undefined, 60_000))

function dieBefore(step: string): void {
  if (step === 'journal') {
    Journal.prototype.flush = () => new Promise(die)
    // What is not written must not be acknowledged.
    HubClient.prototype.acknowledgeUpTo = () => process.exit(1)
  } else HubClient.prototype.acknowledgeUpTo = die
}
