package policy

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
	gatewayv1 "github.com/portone-gateway/portone-gateway/gen/portone/gateway/v1"

	"github.com/portone-gateway/portone-gateway/access/view"
	"github.com/portone-gateway/portone-gateway/contract"
)

// storePath is where a request names its store.
type storePath struct {
	// path has the names of the fields, such as filter.store_id.
	path string

	// all reports whether a request without it is about all stores of the merchant;
	// otherwise it is about the store of the API secret.
	all bool

	// beside is a field that widens the request beyond its store; empty for none.
	beside string
}

// storePaths are the RPCs that name a store, 40 of 151; for the others, the API secret
// is all that confines them.
var storePaths = map[string]storePath{
	"BillingKeyService/ConfirmBillingKey":                                {path: "store_id"},
	"BillingKeyService/ConfirmBillingKeyIssueAndPay":                     {path: "store_id"},
	"BillingKeyService/DeleteBillingKey":                                 {path: "store_id"},
	"BillingKeyService/GetBillingKeyInfo":                                {path: "store_id"},
	"BillingKeyService/GetBillingKeyInfos":                               {path: "filter.store_id", all: true},
	"BillingKeyService/IssueBillingKey":                                  {path: "store_id"},
	"CashReceiptService/CancelCashReceiptByPaymentId":                    {path: "store_id"},
	"CashReceiptService/GetCashReceiptByPaymentId":                       {path: "store_id"},
	"CashReceiptService/GetCashReceipts":                                 {path: "filter.store_id", all: true},
	"CashReceiptService/IssueCashReceipt":                                {path: "store_id"},
	"IdentityVerificationService/ConfirmIdentityVerification":            {path: "store_id"},
	"IdentityVerificationService/GetIdentityVerification":                {path: "store_id"},
	"IdentityVerificationService/GetIdentityVerifications":               {path: "filter.store_id", all: true},
	"IdentityVerificationService/ResendIdentityVerification":             {path: "store_id"},
	"IdentityVerificationService/SendIdentityVerification":               {path: "store_id"},
	"PaymentScheduleService/CreatePaymentSchedule":                       {path: "payment.store_id"},
	"PaymentScheduleService/GetPaymentSchedule":                          {path: "store_id"},
	"PaymentScheduleService/GetPaymentSchedules":                         {path: "filter.store_id"},
	"PaymentScheduleService/RevokePaymentSchedules":                      {path: "store_id"},
	"PaymentService/ApplyEscrowLogistics":                                {path: "store_id"},
	"PaymentService/CancelPayment":                                       {path: "store_id"},
	"PaymentService/CapturePayment":                                      {path: "store_id"},
	"PaymentService/CloseVirtualAccount":                                 {path: "store_id"},
	"PaymentService/ConfirmEscrow":                                       {path: "store_id"},
	"PaymentService/ConfirmPayment":                                      {path: "store_id"},
	"PaymentService/GetAllPaymentEventsByCursor":                         {path: "store_id", all: true},
	"PaymentService/GetAllPaymentsByCursor":                              {path: "store_id"},
	"PaymentService/GetPayment":                                          {path: "store_id"},
	"PaymentService/GetPaymentTransactions":                              {path: "store_id"},
	"PaymentService/GetPayments":                                         {path: "filter.store_id", all: true, beside: "filter.merchant_id"},
	"PaymentService/ModifyEscrowLogistics":                               {path: "store_id"},
	"PaymentService/PayInstantly":                                        {path: "store_id"},
	"PaymentService/PayWithBillingKey":                                   {path: "store_id"},
	"PaymentService/PreRegisterPayment":                                  {path: "store_id"},
	"PaymentService/RegisterStoreReceipt":                                {path: "store_id"},
	"PaymentService/ResendWebhook":                                       {path: "store_id"},
	"PaymentService/StopPaymentCancellation":                             {path: "store_id"},
	"PaymentSessionService/CreatePaymentSession":                         {path: "store_id"},
	"ReconciliationService/GetPaymentReconciliationSettlementVatReport":  {path: "filter.store_ids", all: true},
	"ReconciliationService/GetPaymentReconciliationTransactionVatReport": {path: "filter.store_ids", all: true},
}

// rpcName is the name of an RPC as policies have it, such as PaymentService/GetPayment.
func rpcName(m *contract.Method) string {
	return m.Service[strings.LastIndexByte(m.Service, '.')+1:] + "/" + m.Name
}

// operation is what deciding needs of an RPC.
type operation struct {
	index  int
	name   string // as in rpcName
	method *contract.Method
	root   *view.Type
	native bool // the gateway answers by itself: nothing goes up

	store  []*view.Field // path to the store; nil where the request names none
	all    bool          // see storePath
	beside []*view.Field
}

// Methods are those that policies are about: PortOne's, and then those of services that
// the gateway answers by itself. The slice must not be changed.
var Methods = sync.OnceValue(func() []*contract.Method {
	var natives []*contract.Method
	for _, pkg := range []protoreflect.FullName{
		gatewayv1.File_portone_gateway_v1_decline_proto.Package(), eventsv1.File_portone_events_v1_event_service_proto.Package(),
	} {
		protoregistry.GlobalFiles.RangeFilesByPackage(pkg, func(file protoreflect.FileDescriptor) bool {
			for i := range file.Services().Len() {
				natives = append(natives, methodsOf(file.Services().Get(i))...)
			}
			return true
		})
	}
	slices.SortFunc(natives, func(a, b *contract.Method) int { return strings.Compare(a.FullName, b.FullName) })
	return slices.Concat(contract.Methods(), natives)
})

func methodsOf(service protoreflect.ServiceDescriptor) (all []*contract.Method) {
	for i := range service.Methods().Len() {
		m, err := contract.NewMethod(service.Methods().Get(i))
		if err != nil {
			panic(err) // a property of the generated code, which tests check
		}
		all = append(all, m)
	}
	return all
}

// operations are those of Methods, in its order.
func operations(types *view.Types) ([]*operation, error) {
	methods := Methods()
	all := make([]*operation, len(methods))
	for i, m := range methods {
		op := &operation{index: i, name: rpcName(m), method: m, root: types.Of(m.Descriptor.Input()), native: m.Operation == nil}
		if path, ok := storePaths[op.name]; ok {
			op.all = path.all
			op.store, op.beside = way(op.root, path.path), way(op.root, path.beside)
			if op.store == nil {
				return nil, fmt.Errorf("policy: %s has no %s", op.name, path.path)
			}
		}
		all[i] = op
	}
	return all, nil
}

// way follows names of fields from a type on; nil where that leads nowhere.
func way(t *view.Type, path string) (fields []*view.Field) {
	if path == "" {
		return nil
	}
	for name := range strings.SplitSeq(path, ".") {
		if t == nil {
			return nil
		}
		f := t.Field(name)
		if f == nil {
			return nil
		}
		fields, t = append(fields, f), f.Of
	}
	return fields
}
