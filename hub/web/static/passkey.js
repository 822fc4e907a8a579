// Passkeys: what the browser's authenticator makes or signs, sent to the hub as JSON.
"use strict"
;(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0))
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")

  const post = async (url, token, body) => {
    const answer = await fetch(url, {
      method: "POST", headers: { "Content-Type": "application/json", "X-Form-Token": token, Accept: "application/json" },
      body: JSON.stringify(body || {}),
    })
    if (answer.redirected) { location.assign(answer.url); throw new Error("The password is asked for first.") }
    const told = await answer.json().catch(() => ({}))
    if (!answer.ok) throw new Error(told.detail || "That did not work. Load the page anew and try again.")
    return told
  }

  const opened = (options) => ({
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
    ...Object.fromEntries(["allowCredentials", "excludeCredentials"].filter((name) => options[name])
      .map((name) => [name, options[name].map((one) => ({ ...one, id: bytes(one.id) }))])),
  })

  const packed = (made) => {
    const answer = made.response
    const parts = {}
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
      if (answer[name]) parts[name] = text(answer[name])
    return { id: made.id, rawId: text(made.rawId), type: made.type, response: parts, clientExtensionResults: made.getClientExtensionResults() }
  }

  document.querySelectorAll("[data-passkey]").forEach((button) => {
    if (!window.PublicKeyCredential) return
    button.hidden = false
    button.addEventListener("click", async () => {
      const { passkey: kind, begin, finish, token } = button.dataset
      const said = document.getElementById(button.dataset.says)
      const name = document.getElementById(button.dataset.name || "")
      try {
        button.disabled = true
        const begun = await post(begin, token)
        const publicKey = opened(begun.options)
        const made = kind === "add" ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey })
        const done = await post(finish, token, { answer: packed(made), ticket: begun.ticket || "", name: name ? name.value : "" })
        const list = document.getElementById("passkey-codes")
        if (!list || !(done.codes || []).length) { location.assign(done.next); return }
        list.querySelector("pre").textContent = done.codes.join("\n")
        list.hidden = false
        button.hidden = true
      } catch (error) {
        said.textContent = error.name === "NotAllowedError" ? "Nothing was chosen. Try again when you are ready." : error.message
        said.hidden = false
        button.disabled = false
      }
    })
  })
})()
