// openid-client against our server: discovery, code with PKCE, refresh, client credentials, a protected GET.
// Runs in that package's own folder; argument and output as in connect_with_requests_oauthlib.py.
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import * as oc from 'openid-client'

const told = JSON.parse(process.argv[2])
const config = await oc.discovery(new URL(told.issuer), told.client_id, told.client_secret, undefined, { algorithm: 'oauth2' })
const verifier = oc.randomPKCECodeVerifier()
const state = oc.randomState()
const address = oc.buildAuthorizationUrl(config, {
  redirect_uri: told.redirect_uri,
  scope: told.scope,
  state,
  code_challenge: await oc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256'
})
console.log(JSON.stringify({ authorize: address.href }))
const back = await createInterface({ input: process.stdin }).question('')
const tokens = await oc.authorizationCodeGrant(config, new URL(back), { pkceCodeVerifier: verifier, expectedState: state })
const refreshed = await oc.refreshTokenGrant(config, tokens.refresh_token)
const get = (token, address) => oc.fetchProtectedResource(config, token, new URL(address), 'GET')
let feed = await get(refreshed.access_token, tokens.resourceURI)
while (feed.status === 202) {
  await new Promise((done) => setTimeout(done, 1000 * Number(feed.headers.get('retry-after'))))
  feed = await get(refreshed.access_token, tokens.resourceURI)
}
writeFileSync(told.feed, await feed.text())
const own = await oc.clientCredentialsGrant(config)
const status = await get(own.access_token, told.service_status)
console.log(
  JSON.stringify({
    scope: tokens.scope,
    refreshed: refreshed.access_token !== tokens.access_token,
    feed: feed.status,
    status: status.status
  })
)
process.exit(0)
