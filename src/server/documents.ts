import { readFile } from 'node:fs/promises'

const DEFAULT_IDENTITY_URL = 'https://localhost:8443'
const DEFAULT_HUB_URL = 'https://localhost:9443'

/** openapi.yaml as it is in the package; the same path from src/ and from dist/. */
export function readOpenApi(): Promise<string> {
  return readFile(new URL('../../openapi.yaml', import.meta.url), 'utf8')
}

/** The document with the URLs of this installation in place of the defaults; the same string until they change. */
export function withServers(document: string): (urls: { identityUrl: string; hubUrl: string }) => string {
  let last = { identityUrl: DEFAULT_IDENTITY_URL, hubUrl: DEFAULT_HUB_URL, text: document }
  return ({ identityUrl, hubUrl }) => {
    if (last.identityUrl === identityUrl && last.hubUrl === hubUrl) return last.text
    const text = document.replaceAll(DEFAULT_IDENTITY_URL, identityUrl).replaceAll(DEFAULT_HUB_URL, hubUrl)
    last = { identityUrl, hubUrl, text }
    return text
  }
}
