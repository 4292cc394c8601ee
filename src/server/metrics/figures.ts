import { BusFigures } from './bus-figures.js'
import { Handshakes } from './handshakes.js'
import { HttpFigures } from './http-figures.js'
import { HubFigures } from './hub-figures.js'
import { IdentityFigures } from './identity-figures.js'
import { StoreFigures } from './store-figures.js'
import { WireFigures } from './wire-figures.js'

/** Everything that is counted as it happens, in plain numbers, whether anybody asks or not. */
export class Figures {
  readonly store = new StoreFigures()
  readonly identity = new IdentityFigures()
  readonly hub = new HubFigures()
  readonly wire = new WireFigures()
  readonly bus = new BusFigures()
  readonly http = {
    identity: new HttpFigures(),
    hub: new HttpFigures(),
    pki: new HttpFigures(),
    administration: new HttpFigures(),
  }
  readonly handshakes = { identity: new Handshakes(), hub: new Handshakes() }
}
