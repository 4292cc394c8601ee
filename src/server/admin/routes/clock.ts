import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ClockStore } from '../../../store/clock-store.js'
import { ConfirmedClock } from '../../../wire/clock.js'
import { NothingToSay } from '../../../wire/upkeep.js'

export interface ClockRouteOptions {
  readonly clock: ClockStore
  readonly now: () => Date
}

/** An operator says that the clock is right. Never on the hub: whoever looks at the clock is on its machine. */
export const clockRoute: FastifyPluginAsyncZod<ClockRouteOptions> = async (app, { clock, now }) => {
  app.post('/clock/confirm', { schema: { body: NothingToSay, response: { 200: ConfirmedClock } } }, async () => {
    const at = now()
    const said = (await clock.read()) ?? at
    const before = await clock.confirm({ clock: said, at })
    return { clock: said.toISOString(), believed: before?.toISOString() ?? null }
  })
}
