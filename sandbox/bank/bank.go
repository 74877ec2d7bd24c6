// Package bank is the sandbox's list of banks.
package bank

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// Store answers with the banks. It has no state.
type Store struct {
	portonev2.UnimplementedBankServiceServer
}

// New returns the list of banks.
func New() *Store { return &Store{} }

// Register registers the services that s implements.
func (s *Store) Register(r grpc.ServiceRegistrar) { portonev2.RegisterBankServiceServer(r, s) }

// Dump implements world.Dumper. No one can change the banks, so there is nothing
// to show.
func (s *Store) Dump(func(kind, id string, object proto.Message)) {}

// GetBankInfos returns every bank of the contract, in the contract's order.
func (s *Store) GetBankInfos(context.Context, *portonev2.GetBankInfosRequest) (*portonev2.GetBankInfosResponse, error) {
	answer := &portonev2.GetBankInfosResponse{Items: make([]*portonev2.BankInfo, len(names))}
	for i := range names {
		answer.Items[i] = &portonev2.BankInfo{
			Bank: names[i].bank.Enum(),
			Name: &portonev2.BankInfoName{Ko: world.Ptr(names[i].korean)},
		}
	}
	return answer, nil
}
