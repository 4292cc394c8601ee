import type { Invitation } from '../../../client/index.js'
import { Fingerprint } from '../../../wire/formats.js'
import { block } from '../../table.js'
import { invitationText } from '../notice-text.js'
import type { Chat } from './chat.js'

interface ChatCommand {
  readonly usage: string
  readonly summary: string
  readonly run: (chat: Chat, words: readonly string[]) => Promise<void> | void
}

const HISTORY = 50

const COMMANDS: Readonly<Record<string, ChatCommand>> = {
  members: { usage: '/members', summary: 'who is here', run: (chat) => chat.showMembers() },
  invite: { usage: '/invite NAME', summary: 'invites somebody', run: invite },
  accept: { usage: '/accept [NAME or number]', summary: 'accepts his invitation, and goes there', run: accept },
  decline: { usage: '/decline NAME or number [reason]', summary: 'declines it', run: decline },
  trust: { usage: '/trust NAME [fingerprint]', summary: 'you compared his fingerprint', run: trust },
  history: { usage: '/history [N]', summary: 'what was said before', run: history },
  plain: {
    usage: '/plain TEXT',
    summary: 'says it unsealed: the server can read it',
    run: (chat, words) => chat.say(words.join(' '), false),
  },
  leave: { usage: '/leave [reason]', summary: 'leaves the conversation', run: leave },
  quit: { usage: '/quit', summary: 'ends this; you stay a member', run: (chat) => chat.quit() },
  help: { usage: '/help', summary: 'this', run: help },
}

/** What a person typed behind `/`. Rejects with what was refused. */
export async function runCommand(chat: Chat, name: string, words: readonly string[]): Promise<void> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command) await command.run(chat, words)
  else chat.note(`there is no /${name}: /help lists what there is; // begins a message with /`)
}

function help(chat: Chat): void {
  const lines = Object.values(COMMANDS).map(({ usage, summary }) => [usage, summary] as const)
  chat.note(block([...lines, ['Ctrl-D', 'ends this too'], ['Ctrl-C', 'ends this at once']]).trimEnd())
}

async function invite(chat: Chat, [name]: readonly string[]): Promise<void> {
  if (name === undefined || !chat.conversation) return chat.note('whom? /invite NAME')
  const { username } = await chat.conversation.invite(name)
  chat.note(`compare that fingerprint with ${username}, then /trust ${username}`)
}

async function accept(chat: Chat, [name]: readonly string[]): Promise<void> {
  const invitation = offerOf(chat, name, 'accept')
  if (!invitation) return
  await invitation.accept()
  chat.note(`accepted; you are a member once the client of ${invitation.from.username} confirms`)
  const entered = invitation.joined().then((conversation) => chat.enter(conversation))
  // A person goes on typing, maybe for days; what comes from a program is for those who are there then.
  if (!chat.isTerminal) return entered
  void entered.catch((error: unknown) => chat.failed(error))
}

async function decline(chat: Chat, [name, ...reason]: readonly string[]): Promise<void> {
  const invitation = offerOf(chat, name, 'decline')
  if (!invitation) return
  await invitation.decline(reason.length === 0 ? undefined : reason.join(' '))
  chat.note(`you declined the invitation of ${invitation.from.username}`)
  if (!chat.conversation) chat.quit()
}

/** By the name of whoever invites, by its number in the list that was shown last, or the only one there is. */
function offerOf(chat: Chat, word: string | undefined, command: 'accept' | 'decline'): Invitation | null {
  const found = chat.offers.filter(({ from }) => word === undefined || from.username === word)
  const [only = null] = found
  if (found.length === 1) return only
  const numbered = found.length === 0 && word !== undefined ? chat.listed[Number(word) - 1] : undefined
  if (numbered) return numbered
  if (found.length === 0) chat.note('there is no such invitation')
  if (chat.offers.length > 0) list(chat, found.length === 0 ? chat.offers : found, command)
  return null
}

function list(chat: Chat, offers: readonly Invitation[], command: string): void {
  chat.listed = offers
  const lines = offers.map((invitation, index) => {
    const [who, ...more] = invitationText(invitation).split('\n')
    return [`${index + 1}: ${who}`, ...more.map((line) => `   ${line}`)].join('\n')
  })
  chat.note(`which one? /${command} 1 takes the first\n${lines.join('\n')}`)
}

/** Without a fingerprint: the one that is shown here. */
async function trust(chat: Chat, [name = '', fingerprint]: readonly string[]): Promise<void> {
  const { members = [], invitations = [] } = chat.conversation ?? {}
  const shown = [...members, ...invitations, ...chat.offers.map(({ from }) => from)]
  const named = fingerprint ?? shown.find(({ username }) => username === name)?.fingerprint
  if (named === undefined) return chat.note('whom? /trust NAME, where NAME is here or invites you')
  if (!Fingerprint.safeParse(named).success) return chat.note(`the fingerprint is mistyped: ${named}`)
  await chat.client.people.trust(name, named)
  chat.note(`from now on you are told when ${name} has another key than this: ${named}`)
}

async function history(chat: Chat, [number = String(HISTORY)]: readonly string[]): Promise<void> {
  if (/^[1-9]\d{0,5}$/.test(number)) await chat.showEarlier(Number(number))
  else chat.note('how much? /history 50')
}

async function leave(chat: Chat, words: readonly string[]): Promise<void> {
  await chat.conversation?.leave(words.length === 0 ? undefined : words.join(' '))
}
