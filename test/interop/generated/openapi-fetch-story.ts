import createClient from 'openapi-fetch'
import type { components, paths } from './schema.js'
import { fetchWith, type Person, type World } from './world.js'

type Schemas = components['schemas']
type Event<T extends Schemas['ConversationEvent']['type']> = Extract<Schemas['ConversationEvent'], { type: T }>
/** Of the forms that some answers have. */
type Json = 'application/json' | 'application/problem+json'
type Hub = ReturnType<typeof createClient<paths, Json>>

/** alice and bob register, meet, talk and part, by a client that openapi-typescript made. Answers what was seen. */
export async function story(world: World): Promise<readonly unknown[]> {
  const identity = createClient<paths, Json>({ baseUrl: world.identityUrl, fetch: fetchWith(world) })
  const register = async ({ key, ...body }: Person) => {
    const { certificate: cert } = must(await identity.POST('/register', { body }))
    return createClient<paths, Json>({ baseUrl: world.hubUrl, fetch: fetchWith({ ca: world.ca, cert, key }) })
  }
  const alice = await register(world.alice)
  const bob = await register(world.bob)
  const { key: _, ...taken } = world.alice
  const again = await identity.POST('/register', { body: taken })
  const path = { username: 'bob' }
  const { username, fingerprint } = must(await identity.GET('/fetch/{username}', { params: { path } }))

  const started = await alice.POST('/conversations', { body: { participants: [{ username, fingerprint }] } })
  const { conversation } = must(started)
  const invitation = await join(world, alice, bob, conversation, { username, fingerprint })

  const inConversation = { params: { path: { conversation } } }
  const message = { messageId: crypto.randomUUID(), payload: 'Hello bob', contentType: 'text/plain' }
  const sent = must(await alice.POST('/conversations/{conversation}/messages', { ...inConversation, body: message }))
  const read = await event(bob, 'message')
  must(await bob.POST('/conversations/{conversation}/ack', { ...inConversation, body: { seq: read.seq } }))
  const rest = must(await bob.GET('/events', {})).events
  const { members } = must(await bob.GET('/conversations/{conversation}/members', inConversation))
  const { events } = must(
    await bob.GET('/conversations/{conversation}/events', {
      params: { ...inConversation.params, query: { after: 0, limit: 10 } },
    }),
  )
  must(await bob.POST('/conversations/{conversation}/leave', { ...inConversation, body: { reason: 'bye' } }))
  const late = await bob.POST('/conversations/{conversation}/messages', {
    ...inConversation,
    body: { ...message, messageId: crypto.randomUUID() },
  })
  const left = await event(alice, 'left')
  return [
    again.error?.code,
    read.payload,
    read.seq === sent.seq && read.from.username === 'alice' && invitation !== '',
    rest.length,
    members.map((member) => member.username),
    events.map(({ type }) => type),
    late.error?.code,
    `${left.from.username}: ${left.text}`,
  ]
}

async function join(world: World, alice: Hub, bob: Hub, conversation: string, who: Schemas['Party']): Promise<string> {
  const invite = { params: { path: { conversation } }, body: { ...who, challenge: world.challenge() } }
  const { invitation } = must(await alice.POST('/conversations/{conversation}/invitations', invite))
  const params = { path: { invitation } }
  const invited = await event(bob, 'invited')
  must(await bob.POST('/invitations/{invitation}/accept', { params, body: world.accept(invited) }))
  const accepted = await event(alice, 'accepted')
  must(await alice.POST('/invitations/{invitation}/confirm', { params, body: world.confirm(invited, accepted) }))
  return (await event(bob, 'joined')).invitation
}

/** The first event of a type that a device has not acknowledged. */
async function event<T extends Schemas['ConversationEvent']['type']>(hub: Hub, type: T): Promise<Event<T>> {
  for (;;) {
    const { events } = must(await hub.GET('/events', { params: { query: { wait: 20 } } }))
    const found = events.find((one): one is Event<T> => one.type === type)
    if (found) return found
  }
}

function must<T>({ data, error }: { readonly data?: T; readonly error?: unknown }): T {
  if (data === undefined) throw new Error(JSON.stringify(error))
  return data
}
