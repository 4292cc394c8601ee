import { Agent, fetch as undiciFetch } from 'undici'

export interface Person {
  readonly username: string
  readonly password: string
  /** PKCS#10, PEM. */
  readonly csr: string
  /** PKCS#8, PEM. */
  readonly key: string
}

/** What a story is told: where the server is, who takes part, and how to sign an invitation. */
export interface World {
  readonly identityUrl: string
  readonly hubUrl: string
  /** The root CA's certificate, PEM. */
  readonly ca: string
  readonly alice: Person
  readonly bob: Person
  challenge(): string
  /** bob's answer to what `invited` shows him. */
  accept(invited: object): { readonly challenge: string; readonly signature: string }
  /** alice's answer to that. */
  confirm(invited: object, accepted: object): { readonly signature: string }
}

/** A `fetch` that trusts the root of this installation, and shows a client certificate where one is given. */
export function fetchWith(tls: { readonly ca: string; readonly cert?: string; readonly key?: string }): typeof fetch {
  const dispatcher = new Agent({ connect: tls })
  return async (input, init) => {
    const { url, method, headers, body, signal } = new Request(input, init)
    const content = body === null ? null : await new Response(body).text()
    const answer = await undiciFetch(url, {
      method,
      headers: [...headers.entries()],
      body: content,
      signal,
      dispatcher,
    })
    return answer as unknown as Response
  }
}
