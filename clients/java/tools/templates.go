package main

const servicesText = `
/** The services of the contract by short names. */
abstract sealed class Services permits PortOneClient {
    abstract Calls calls();
{{range .}}
    /** The calls of {@link com.github.portonegateway.portone.v2.{{.Name}}Grpc}. */
    public {{.Name}}Client {{.Accessor}}() {
        return new {{.Name}}Client(calls());
    }
{{end}}}
`

const serviceText = `
import com.github.portonegateway.portone.v2.{{.Name}}Grpc;
import java.util.concurrent.CompletableFuture;
{{- range .Methods}}{{if .List}}
import java.util.stream.Stream;
{{- break}}{{end}}{{end}}

/** The calls of {@link {{.Name}}Grpc}, whose stubs say what each does. */
@SuppressWarnings("deprecation") // messages that PortOne has given up are in the contract all the same
public final class {{.Name}}Client extends ServiceClient<{{.Name}}Client> {
    {{.Name}}Client(Calls calls) {
        super(calls);
    }

    @Override
    {{.Name}}Client with(Calls calls) {
        return new {{.Name}}Client(calls);
    }
{{range .Methods}}{{$call := lower .Name}}
{{- if streams .}}
    /**
     * Calls {@link {{bare .Service}}Grpc.{{bare .Service}}BlockingStub#{{$call}}}: a file in parts, of which next() waits for each.
     *
     * @throws PortOneException (from the iterator) if it fails; parts that came before are not to be relied on then
     */
    public Download {{$call}}({{java .Request}} request) {
        return calls.download({{bare .Service}}Grpc.get{{.Name}}Method(), request);
    }
{{else}}
    /**
     * Calls {@link {{bare .Service}}Grpc.{{bare .Service}}BlockingStub#{{$call}}}.
     *
     * @throws PortOneException if it fails
     */
    public {{java .Response}} {{$call}}({{java .Request}} request) {
        return calls.call({{bare .Service}}Grpc.get{{.Name}}Method(), request);
    }

    /** {@link #{{$call}}} without waiting; the future fails with a {@link PortOneException}. */
    public CompletableFuture<{{java .Response}}> {{$call}}Async({{java .Request}} request) {
        return calls.callAsync({{bare .Service}}Grpc.get{{.Name}}Method(), request);
    }
{{$request := .Request}}{{with .List}}
    /**
     * All that {@link #{{$call}}} lists from where the request begins, a part asked for when the one before is used up; see {@link ServiceClient}.
     *
     * @throws PortOneException (from the stream) if a call fails
     */
    public Stream<{{java .Item}}> {{$call}}All({{java $request}} request) {
        return Pages.{{if eq .By "page"}}byPage(this::{{$call}}, request, "{{.Number}}", "{{.Size}}", "{{.Items}}", "{{.Until}}", "{{.CursorMethod}}"{{else}}byCursor(this::{{$call}}, request, "{{.Cursor}}", "{{.Size}}", "{{.Items}}", "{{.Until}}"{{end}});
    }
{{end}}{{end}}{{end}}}
`

const rulesText = `
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.Set;

/** What clients/rules.json says. */
final class Rules {
    static final String PORTONE = "{{.Domains.Portone}}";
    static final String GATEWAY = "{{.Domains.Gateway}}";
    static final String INFO_KEY = "{{.Details.ErrorInfoMetadata.IdempotencyKey}}";
    static final String INFO_OPERATION = "{{.Details.ErrorInfoMetadata.Operation}}";
    static final String INFO_TRUNCATED = "{{.Details.ErrorInfoMetadata.Truncated}}";
    static final Metadata.Key<byte[]> DETAILS = Metadata.Key.of("{{.Details.Trailer}}", Metadata.BINARY_BYTE_MARSHALLER);
{{- range $name, $text := .CallMetadata}}
    static final Metadata.Key<String> {{if eq $name "idempotencyKey"}}KEY{{else if eq $name "requestId"}}REQUEST_ID{{else}}{{upper $name}}{{end}} = Metadata.Key.of("{{$text}}", Metadata.ASCII_STRING_MARSHALLER);
{{- end}}
    static final int KEY_MIN = {{.IdempotencyKey.MinLength}};
    static final int KEY_MAX = {{.IdempotencyKey.MaxLength}};
    static final int KEY_LENGTH = {{.IdempotencyKey.NewLength}};
    static final String KEY_ALPHABET = "{{.IdempotencyKey.NewAlphabet}}";
    static final Duration ASK_AGAIN_FOR = Duration.ofMillis({{.Asking.askAgainForMs}});
    static final Duration ATTEMPT_TIMEOUT = Duration.ofMillis({{.Asking.attemptMs}});
    static final long FIRST_WAIT_MS = {{.Asking.firstWaitMs}};
    static final long LONGEST_WAIT_MS = {{.Asking.longestWaitMs}};
    static final long LEAST_LEFT_MS = {{.Asking.leastLeftMs}};
    static final long MAX_RETRY_INFO_MS = {{.Asking.maxRetryInfoMs}};
    static final int PAGE_SIZE = {{.Pages.DefaultSize}};
    static final long MAX_REACH = {{.Pages.MaxReach}};
    static final Set<String> OUTCOME_UNKNOWN = Set.of({{strings .Retry.OutcomeUnknown}});
    static final Set<String> KNOWN_GATEWAY_REASONS = Set.of({{strings .Retry.KnownGatewayReasons}});
    static final Set<String> OUTCOME_UNKNOWN_CODES = Set.of({{strings .Retry.OutcomeUnknownCodes}});
    static final Set<String> AGAIN_WITH_RETRY_INFO = Set.of({{strings .Retry.AgainWithRetryInfo}});
    static final Set<String> TELLS_NO_OUTCOME = Set.of({{strings .Retry.PortoneCodesThatTellNoOutcome}});

    private Rules() {}

    /** Whether the method is one of the contract's that changes something. */
    static boolean isMutation(String fullMethodName) {
        return switch (fullMethodName) {
            case{{$first := true}}{{range $path, $m := .Methods}}{{if $m.Mutation}}{{if not $first}},{{end}}{{$first = false}}
                "{{slice $path 1}}"{{end}}{{end}} -> true;
            default -> false;
        };
    }

    /** Whether the method is one of the contract's that changes nothing. */
    static boolean isRead(String fullMethodName) {
        return switch (fullMethodName) {
            case{{$first := true}}{{range $path, $m := .Methods}}{{if not $m.Mutation}}{{if not $first}},{{end}}{{$first = false}}
                "{{slice $path 1}}"{{end}}{{end}} -> true;
            default -> false;
        };
    }
{{define "codes"}}
        return switch (code) {
            case OK -> Retry.NEVER;
{{- range $code, $a := .}}
            case {{$code}} -> {{template "advice" $a}};
{{- end}}
        };
    }
{{end}}{{define "advice"}}{{if eq .Mutation .Read}}Retry.{{upper .Mutation}}{{else}}mutation ? Retry.{{upper .Mutation}} : Retry.{{upper .Read}}{{end}}{{end}}
    static Retry withoutErrorInfo(Status.Code code, boolean mutation) {
{{- template "codes" .Retry.WithoutErrorInfo}}
    static Retry portoneCode(Status.Code code, boolean mutation) {
{{- template "codes" .Retry.PortoneCodes}}
    static Retry gatewayCode(Status.Code code, boolean mutation) {
{{- template "codes" .Retry.GatewayCodes}}
    /** null where the reason has no rule of its own. */
    static Retry gatewayReason(String reason, boolean mutation) {
        return switch (reason) {
{{- range $reason, $a := .Retry.GatewayReasons}}
            case "{{$reason}}" -> {{template "advice" $a}};
{{- end}}
            default -> null;
        };
    }

    /** What a decline's next step says; null if nothing of its own. */
    static Retry nextStep(String step) {
        return switch (step) {
{{- range $step, $a := .Retry.NextSteps}}
            case "{{$step}}" -> Retry.{{upper $a}};
{{- end}}
            default -> null;
        };
    }

    /** What a decline's next step says where the advice is never. */
    static Retry nextStepInsteadOfNever(String step) {
        return switch (step) {
{{- range $step, $a := .Retry.NextStepsInsteadOfNever}}
            case "{{$step}}" -> Retry.{{upper $a}};
{{- end}}
            default -> Retry.NEVER;
        };
    }
}
`
