// simple-oauth2 against our server: code, refresh, client credentials, a protected GET with the token.
// Runs in that package's own folder; argument and output as in connect_with_requests_oauthlib.py.
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { AuthorizationCode, ClientCredentials } from 'simple-oauth2'

const told = JSON.parse(process.argv[2])
const who = { id: told.client_id, secret: told.client_secret }
const auth = { tokenHost: told.issuer, tokenPath: new URL(told.token_endpoint).pathname }
const authorizePath = new URL(told.authorization_endpoint).pathname
const client = new AuthorizationCode({ client: who, auth: { ...auth, authorizePath } })
const state = 'simple'
console.log(
  JSON.stringify({ authorize: client.authorizeURL({ redirect_uri: told.redirect_uri, scope: told.scope, state }) })
)
const back = new URL(await createInterface({ input: process.stdin }).question(''))
if (back.searchParams.get('state') !== state) throw new Error('another state')
const code = back.searchParams.get('code')
const first = await client.getToken({ code, redirect_uri: told.redirect_uri, scope: told.scope })
const refreshed = await first.refresh()
const get = (token, address) => fetch(address, { headers: { Authorization: `Bearer ${token.token.access_token}` } })
let feed = await get(refreshed, first.token.resourceURI)
while (feed.status === 202) {
  await new Promise((done) => setTimeout(done, 1000 * Number(feed.headers.get('retry-after'))))
  feed = await get(refreshed, first.token.resourceURI)
}
writeFileSync(told.feed, await feed.text())
const own = await new ClientCredentials({ client: who, auth }).getToken({})
const status = await get(own, told.service_status)
console.log(
  JSON.stringify({
    scope: first.token.scope,
    refreshed: refreshed.token.access_token !== first.token.access_token,
    feed: feed.status,
    status: status.status
  })
)
process.exit(0)
