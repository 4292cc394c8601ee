import { readFile } from 'node:fs/promises'

/** What stands in the documents of the package for the URLs of an installation. */
const DEFAULTS = { identityUrl: 'https://localhost:8443', hubUrl: 'https://localhost:9443' }

type Urls = Readonly<typeof DEFAULTS>

/** openapi.yaml as it is in the package; the same path from src/ and from dist/. */
export function readOpenApi(): Promise<string> {
  return readFile(new URL('../../openapi.yaml', import.meta.url), 'utf8')
}

/** asyncapi.yaml likewise. */
export function readAsyncApi(): Promise<string> {
  return readFile(new URL('../../asyncapi.yaml', import.meta.url), 'utf8')
}

/** docs/errors.md likewise. */
export function readErrors(): Promise<string> {
  return readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8')
}

/** openapi.yaml with the URLs of this installation in place of the defaults; the same string until they change. */
export function withServers(document: string): (urls: Urls) => string {
  return kept(({ identityUrl, hubUrl }) =>
    document.replaceAll(DEFAULTS.identityUrl, identityUrl).replaceAll(DEFAULTS.hubUrl, hubUrl),
  )
}

/** asyncapi.yaml with the host of this installation; the same string until that changes. */
export function withHost(document: string): (urls: Urls) => string {
  return kept(({ hubUrl }) => document.replaceAll(new URL(DEFAULTS.hubUrl).host, new URL(hubUrl).host))
}

function kept(make: (urls: Urls) => string): (urls: Urls) => string {
  let last = { ...DEFAULTS, text: make(DEFAULTS) }
  return (urls) => {
    if (last.identityUrl !== urls.identityUrl || last.hubUrl !== urls.hubUrl) last = { ...urls, text: make(urls) }
    return last.text
  }
}
