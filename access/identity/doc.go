// Package identity finds out who calls: it reads the credentials that a call and its
// connection present, and verifies those that can be verified without a policy. Whose
// they are, the policy says.
package identity
