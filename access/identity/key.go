package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"math/big"
	"strings"
)

// A gateway key is pgw_<id>_<secret>_<checksum>: the id names it in the policy, in
// logs and in metrics; the secret is 256 bits in base 62; the checksum finds typing
// mistakes, and lets scanners of source code know a key when they see one.
const (
	// KeyPrefix begins every key.
	KeyPrefix = "pgw_"

	// MaxKeyID is how long an id may be, in bytes.
	MaxKeyID = 40

	secretLength   = 43
	checksumLength = 6
	base62         = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// KeyHash is the SHA-256 of a key. Since a key has 256 random bits, it needs nothing
// slower, and the policy can be read by others.
type KeyHash [sha256.Size]byte

const hashPrefix = "sha256:"

// String is the hash as the policy has it, sha256:<64 hexadecimal digits>.
func (h KeyHash) String() string { return hashPrefix + hex.EncodeToString(h[:]) }

// ParseKeyHash reads what String writes.
func ParseKeyHash(text string) (KeyHash, error) {
	var h KeyHash
	digits, ok := strings.CutPrefix(text, hashPrefix)
	if strings.HasPrefix(text, KeyPrefix) {
		return h, fmt.Errorf("is a key itself, which does not belong into a policy; put its hash there, as gateway policy key prints it, and make a new key")
	}
	if !ok || len(digits) != 2*len(h) {
		return h, fmt.Errorf("must be sha256: and 64 hexadecimal digits, as gateway policy key prints it")
	}
	if _, err := hex.Decode(h[:], []byte(digits)); err != nil {
		return h, fmt.Errorf("must be sha256: and 64 hexadecimal digits, as gateway policy key prints it")
	}
	return h, nil
}

// CheckKeyID reports what is wrong with the id of a key.
func CheckKeyID(id string) error {
	if id == "" || len(id) > MaxKeyID {
		return fmt.Errorf("must have 1 to %d characters", MaxKeyID)
	}
	for i := range len(id) {
		if c := id[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return fmt.Errorf("must be of a-z, 0-9 and -")
		}
	}
	return nil
}

// NewKey makes a key, and the hash for the policy.
func NewKey(id string) (key string, hash KeyHash, err error) {
	if err := CheckKeyID(id); err != nil {
		return "", hash, err
	}
	var secret [32]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return "", hash, err
	}
	body := KeyPrefix + id + "_" + toBase62(secret[:], secretLength)
	key = body + "_" + checksum(body)
	return key, sha256.Sum256([]byte(key)), nil
}

// toBase62 writes bytes as a number of a fixed length.
func toBase62(b []byte, length int) string {
	n, base, digit := new(big.Int).SetBytes(b), big.NewInt(62), new(big.Int)
	out := make([]byte, length)
	for i := length - 1; i >= 0; i-- {
		n.DivMod(n, base, digit)
		out[i] = base62[digit.Int64()]
	}
	return string(out)
}

func checksum(body string) string {
	sum := crc32.ChecksumIEEE([]byte(body))
	return toBase62([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}, checksumLength)
}

// keyID is the id of a text that has the form of a key.
func keyID(text string) (id string, ok bool) {
	rest, ok := strings.CutPrefix(text, KeyPrefix)
	if !ok {
		return "", false
	}
	id, rest, ok = strings.Cut(rest, "_")
	if !ok || CheckKeyID(id) != nil || len(rest) != secretLength+1+checksumLength || rest[secretLength] != '_' {
		return "", false
	}
	for i := range len(rest) {
		if c := rest[i]; i != secretLength && !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') {
			return "", false
		}
	}
	return id, true
}
