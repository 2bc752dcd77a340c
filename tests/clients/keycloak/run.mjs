// Runs one client against the realm at a base URL and prints what it got as one line of JSON.
const [client, base] = process.argv.slice(2)
const realm = `${base}/auth/realms/woven`
const [id, secret] = ['my app', 's e+c%&='] // what form-encoding before base64 changes most

const now = () => Math.floor(Date.now() / 1000)

const refused = async (promise) => {
  try {
    await promise
    return 'not refused'
  } catch (error) {
    const body = error.data?.payload ?? error
    return [error.constructor.name, body.error, body.error_description]
  }
}

const clients = {
  // Version 6 sends the secret in the body, or form-encoded in Basic where told so.
  async 'openid-client-6'() {
    const oidc = await import('openid-client')
    const insecure = { execute: [oidc.allowInsecureRequests] }
    const discover = (auth) => oidc.discovery(new URL(realm), id, undefined, auth, insecure)
    const found = {}
    for (const [how, auth] of [['body', oidc.ClientSecretPost(secret)], ['basic', oidc.ClientSecretBasic(secret)]]) {
      const config = await discover(auth)
      const own = await oidc.clientCredentialsGrant(config, { scope: 'openid' })
      const info = await oidc.fetchUserInfo(config, own.access_token, own.claims().sub)
      const login = await oidc.genericGrantRequest(config, 'password', { username: 'ann', password: 'pw' })
      const active = (await oidc.tokenIntrospection(config, login.access_token)).active
      const next = await oidc.refreshTokenGrant(config, login.refresh_token)
      await oidc.tokenRevocation(config, next.refresh_token)
      const gone = await refused(oidc.refreshTokenGrant(config, login.refresh_token))
      found[how] = { life: own.expires_in, user: info.preferred_username, active, gone }
    }
    found.wrong = await refused(oidc.clientCredentialsGrant(await discover(oidc.ClientSecretPost('wrong'))))
    return found
  },

  // Version 5 uses Basic, and keeps the second in which a token ends.
  async 'openid-client-5'() {
    const { Issuer } = (await import('openid-client-5')).default
    const issuer = await Issuer.discover(realm)
    const client = new issuer.Client({ client_id: id, client_secret: secret })
    const asked = now()
    const own = await client.grant({ grant_type: 'client_credentials' })
    const span = [asked, own.expires_at, now()]
    const login = await client.grant({ grant_type: 'password', username: 'ann', password: 'pw', scope: 'openid' })
    const next = await client.refresh(login.refresh_token)
    const { active } = await client.introspect(next.access_token)
    await client.revoke(next.refresh_token)
    const gone = await refused(client.refresh(login.refresh_token))
    const wrong = new issuer.Client({ client_id: id, client_secret: 'wrong' })
    return { span, active, gone, wrong: await refused(wrong.grant({ grant_type: 'client_credentials' })) }
  },

  // It knows no discovery; Basic as well.
  async 'simple-oauth2'() {
    const { ClientCredentials, ResourceOwnerPassword } = (await import('simple-oauth2')).default
    const auth = { tokenHost: base, tokenPath: '/auth/realms/woven/protocol/openid-connect/token' }
    const own = await new ClientCredentials({ client: { id, secret }, auth }).getToken({})
    const people = new ResourceOwnerPassword({ client: { id, secret }, auth })
    const login = await people.getToken({ username: 'ann', password: 'pw' })
    const next = await login.refresh()
    const wrong = new ClientCredentials({ client: { id, secret: 'wrong' }, auth })
    return { life: own.token.expires_in, next: next.token.expires_in, wrong: await refused(wrong.getToken({})) }
  },
}

console.log(JSON.stringify(await clients[client]()))
