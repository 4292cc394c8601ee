import { UsageError } from '../../command.js'
import { Chat } from '../chat/chat.js'
import { PlainScreen } from '../chat/plain-screen.js'
import { TerminalScreen } from '../chat/terminal-screen.js'
import { Transcript } from '../chat/transcript.js'
import { View } from '../chat/view.js'
import type { Invocation, PeopleCommand } from '../command.js'
import { conversationWith } from '../find-conversation.js'

export const chat: PeopleCommand = {
  name: 'chat',
  summary: 'a conversation in the terminal; begins it where there is none',
  operands: [{ name: 'username', isOptional: true, isRepeated: true, description: 'with whom' }],
  options: { conversation: { value: 'ID', description: 'one there is, in place of names' } },
  async run(invocation) {
    const { operands, options, session, stop } = invocation
    if ((operands.length === 0) === (options.conversation === undefined))
      throw new UsageError('say with whom, or which --conversation: "hermes conversations" lists them')
    const client = await session.open()
    const talk = new Chat(client, (typist) => {
      const isTerminal = process.stdin.isTTY && process.stdout.isTTY && !invocation.flags.has('json')
      const screen = isTerminal ? new TerminalScreen(typist) : new PlainScreen(typist)
      return new View(screen, new Transcript(client.username ?? ''), invocation.flags.has('json'))
    })
    stop.addEventListener('abort', () => talk.interrupt(), { once: true })
    try {
      const begun = talk.begin(() => begin(talk, invocation))
      return await Promise.race([talk.over, begun.then(() => talk.over)])
    } finally {
      talk.close()
    }
  },
}

/** Shows the conversation, or what stands in its way. */
async function begin(talk: Chat, { operands, options, session }: Invocation): Promise<void> {
  talk.connecting()
  const client = await session.connectUntold()
  talk.connected()
  talk.note(`you are ${client.username}; /help lists what you can do\n${client.fingerprint}`)
  const { conversation } = options
  const found =
    conversation === undefined ? await conversationWith(client, operands) : client.conversation(conversation)
  if (found) return talk.enter(found)
  if (talk.offers.some(({ from }) => operands.includes(from.username))) return
  await talk.enter(await client.start(operands))
}
