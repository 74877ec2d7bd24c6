package registry

import "crypto/sha256"

var (
	surnames   = []string{"김", "이", "박", "최", "정", "강", "조", "윤", "장", "임", "한", "오", "서", "신", "권", "황"}
	givenNames = []string{"민준", "서연", "도윤", "하은", "시우", "지우", "주원", "서현", "지호", "수아", "예준", "지민", "준서", "은서", "건우", "채원"}
	trades     = []string{"한빛", "새벽", "가온", "누리", "다올", "라온", "미르", "바른", "온새", "아람", "자람", "초롱", "큰솔", "타래", "푸른", "해솔"}
	companies  = []string{"상사", "상회", "유통", "식품"}
)

// Person makes up the name of the person whom a text identifies, such as the
// holder of an account.
func Person(of string) string { return pick(of, surnames, givenNames) }

// pick makes up a choice that is always the same for a text.
func pick(text string, names ...[]string) string {
	sum, made := sha256.Sum256([]byte(text)), ""
	for i, from := range names {
		made += from[int(sum[i])%len(from)]
	}
	return made
}
