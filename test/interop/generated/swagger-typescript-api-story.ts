import { Api, type ConversationEvent, type Party, type Problem } from './api.js'
import { fetchWith, type Person, type World } from './world.js'

type Event<T extends ConversationEvent['type']> = Extract<ConversationEvent, { type: T }>

/** The same story, by a client that swagger-typescript-api made. */
export async function story(world: World): Promise<readonly unknown[]> {
  const identity = new Api({ baseUrl: world.identityUrl, customFetch: fetchWith(world) })
  const register = async ({ key, ...request }: Person) => {
    const { certificate: cert } = (await identity.register.register(request)).data
    return new Api({ baseUrl: world.hubUrl, customFetch: fetchWith({ ca: world.ca, cert, key }) })
  }
  const alice = await register(world.alice)
  const bob = await register(world.bob)
  const { key: _, ...taken } = world.alice
  const again = await refusal(identity.register.register(taken))
  const { username, fingerprint } = (await identity.fetch.fetchIdentity('bob')).data

  const { conversation } = (await alice.conversations.start({ participants: [{ username, fingerprint }] })).data
  const invitation = await join(world, alice, bob, conversation, { username, fingerprint })

  const message = { messageId: crypto.randomUUID(), payload: 'Hello bob', contentType: 'text/plain' }
  const sent = (await alice.conversations.send(conversation, message)).data
  const read = await event(bob, 'message')
  await bob.conversations.acknowledgeConversation(conversation, { seq: read.seq })
  const rest = (await bob.events.events()).data.events
  const { members } = (await bob.conversations.members(conversation)).data
  const { events } = (await bob.conversations.history(conversation, { after: 0, limit: 10 })).data
  await bob.conversations.leave(conversation, { reason: 'bye' })
  const late = await refusal(bob.conversations.send(conversation, { ...message, messageId: crypto.randomUUID() }))
  const left = await event(alice, 'left')
  return [
    again.code,
    read.payload,
    read.seq === sent.seq && read.from.username === 'alice' && invitation !== '',
    rest.length,
    members.map((member) => member.username),
    events.map(({ type }) => type),
    late.code,
    `${left.from.username}: ${left.text}`,
  ]
}

type Hub = Api<unknown>

async function join(world: World, alice: Hub, bob: Hub, conversation: string, who: Party): Promise<string> {
  const invite = { ...who, challenge: world.challenge() }
  const { invitation } = (await alice.conversations.invite(conversation, invite)).data
  const invited = await event(bob, 'invited')
  await bob.invitations.accept(invitation, world.accept(invited))
  const accepted = await event(alice, 'accepted')
  await alice.invitations.confirm(invitation, world.confirm(invited, accepted))
  return (await event(bob, 'joined')).invitation
}

/** The first event of a type that a device has not acknowledged. */
async function event<T extends ConversationEvent['type']>(hub: Hub, type: T): Promise<Event<T>> {
  for (;;) {
    const { events } = (await hub.events.events({ wait: 20 })).data
    const found = events.find((one): one is Event<T> => one.type === type)
    if (found) return found
  }
}

/** It throws answers of 400 and above. */
async function refusal(call: Promise<unknown>): Promise<Problem> {
  const answer = await call.then(
    () => null,
    (thrown: unknown) => thrown as { readonly error: Problem },
  )
  if (answer === null) throw new Error('this should have been refused')
  return answer.error
}
