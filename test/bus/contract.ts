import t, { type Test } from 'tap'
import type { Bus, BusListener, Claim, NewConnection, Signal, StandingChange, Wake } from '../../src/bus/bus.js'

export const wake: Wake = {
  conversationId: 1,
  uuid: 'u',
  seq: 1,
  type: 'message',
  body: '{}',
  invitation: null,
  isPlain: true,
  isMore: false,
  userId: null,
  origin: null,
}
export const standing: StandingChange = { userId: 7 }
export const signal: Signal = { conversationId: 1, body: '{"a":"\\n"}', origin: 's' }
export const connection: NewConnection = { userId: 7, deviceId: 70, number: 2 }
export const claim: Claim = { conversationId: 1, uuid: 'u' }

/** What a listener was told, each as one line. */
export class Heard implements BusListener {
  readonly lines: string[] = []
  readonly wakes: Wake[] = []
  readonly #name: string

  constructor(name = '') {
    this.#name = name
  }

  wake(wake: Wake, isElsewhere: boolean): void {
    this.wakes.push(wake)
    this.#write(`${wake.seq}${wake.userId === null ? '' : ` to user ${wake.userId}`}${isElsewhere ? ' elsewhere' : ''}`)
  }

  signal({ body }: Signal): void {
    this.#write(body)
  }

  standing({ userId }: StandingChange): void {
    this.#write(`user ${userId}`)
  }

  connection({ deviceId, number }: NewConnection): void {
    this.#write(`device ${deviceId} ${number}`)
  }

  claim({ uuid }: Claim): void {
    this.#write(`claim ${uuid}`)
  }

  missed(): void {
    this.#write('missed')
  }

  #write(line: string): void {
    this.lines.push(`${this.#name}${line}`)
  }
}

/** What every bus must do in its own process; `make` makes one that the test may close. */
export function busContract(name: string, make: (t: Test) => Promise<Bus>): void {
  t.test(name, async (t) => {
    t.test('listeners hear of everything in order, before publish returns, whatever is followed', async (t) => {
      const bus = await make(t)
      const lines: string[] = []
      const listen = (name: string) => {
        const heard = new Heard(name)
        heard.lines.push = (line) => lines.push(line)
        return bus.subscribe(heard)
      }
      const end = listen('a ')
      listen('b ')
      bus.publish(wake)
      bus.publish({ ...wake, seq: 2, userId: 3 })
      bus.signal(signal)
      bus.standing(standing)
      bus.connection(connection)
      // Of another node alone.
      bus.claim(claim)
      const said = ['1', '2 to user 3', signal.body, 'user 7', 'device 70 2']
      t.same(
        lines,
        said.flatMap((line) => [`a ${line}`, `b ${line}`]),
      )
      end()
      end()
      bus.publish({ ...wake, seq: 3 })
      t.same(lines.slice(10), ['b 3'])
    })

    t.test('without listeners nothing happens', async (t) => {
      const bus = await make(t)
      t.doesNotThrow(() => bus.publish(wake))
      t.doesNotThrow(() => bus.signal(signal))
      t.doesNotThrow(() => bus.standing(standing))
      t.doesNotThrow(() => bus.connection(connection))
      t.doesNotThrow(() => bus.claim(claim))
    })

    t.test('a listener may end itself or begin another while it hears', async (t) => {
      const bus = await make(t)
      const heard: string[] = []
      const rest = { signal() {}, standing() {}, connection() {}, claim() {}, missed() {} }
      const once = () => {
        heard.push('once')
        end()
      }
      const end = bus.subscribe({ ...rest, wake: once })
      bus.subscribe({ ...rest, wake: () => heard.push('always') })
      bus.publish(wake)
      bus.publish(wake)
      t.same(heard, ['once', 'always', 'always'])
    })

    t.test('what is followed may be followed again, and ends as often', async (t) => {
      const bus = await make(t)
      await bus.follow('conversation.1')
      await bus.follow('conversation.1')
      for (let times = 0; times < 3; times += 1) t.doesNotThrow(() => bus.unfollow('conversation.1'))
    })
  })
}
