/**
 * Given to the servers of a chaos run with --import, and to nobody else: their clock is set by messages of the process
 * that started them. Time itself, as timers and performance.now() have it, is left alone.
 */
const RealDate = Date
let offset = 0

const now = () => RealDate.now() + offset

globalThis.Date = new Proxy(RealDate, {
  construct: (_, given) => (given.length === 0 ? new RealDate(now()) : new RealDate(...given)),
  apply: () => new RealDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
})

process.on('message', (message) => {
  offset = message.clockOffset
})
// A server must not live longer than the run, nor because of this.
process.once('disconnect', () => process.exit(1))
process.channel?.unref()
