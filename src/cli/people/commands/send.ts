import { text } from 'node:stream/consumers'
import { FingerprintChangedError } from '../../../client/index.js'
import { UsageError } from '../../command.js'
import { minute } from '../../table.js'
import type { PeopleCommand } from '../command.js'
import { findConversation } from '../find-conversation.js'
import { untilStopped } from '../until-stopped.js'

export const send: PeopleCommand = {
  name: 'send',
  summary: 'sends a message, and ends when it is stored',
  operands: [
    { name: 'to', description: 'id of a conversation, or the name of a user for the one with him alone' },
    { name: 'text', isOptional: true, isRepeated: true, description: 'what to say; absent: what stands on stdin' },
  ],
  options: {
    'message-id': { value: 'UUID', description: 'the same again is stored once: for whoever does not know' },
    'content-type': { value: 'TYPE', description: 'what it is, for programs' },
    sealed: { description: 'or not at all: only where members alone can read it' },
    plain: { description: 'not sealed: the server can read it' },
  },
  async run({ operands: [to = '', ...words], options, flags, session, stop }) {
    if (flags.has('sealed') && flags.has('plain')) throw new UsageError('either --sealed or --plain')
    const payload = words.length > 0 ? words.join(' ') : await untilStopped(stop, fromStdin())
    const client = await session.connect()
    const conversation = await findConversation(client, to)
    const [change] = conversation.changes
    if (change) throw new FingerprintChangedError(change)
    const { 'message-id': messageId, 'content-type': contentType } = options
    const sent = await conversation.send(payload, {
      ...(messageId !== undefined && { messageId }),
      ...(contentType !== undefined && { contentType }),
      ...(flags.has('sealed') && { sealed: true }),
      ...(flags.has('plain') && { sealed: false }),
    })
    const reached = conversation.members.length > 1 ? '' : ', but nobody else is a member yet, and it reaches nobody'
    const how = sent.sealed ? 'sealed' : 'not sealed: the server can read it'
    const sentence = `Stored as number ${sent.seq} at ${minute(sent.at)}, ${how}${reached}.\n`
    return { json: { conversation: conversation.id, ...sent }, text: () => sentence }
  },
}

/** As it is, but for the end of the last line. */
async function fromStdin(): Promise<string> {
  if (process.stdin.isTTY) throw new UsageError('say what to send, or give it on stdin')
  return (await text(process.stdin)).replace(/\r?\n$/, '')
}
