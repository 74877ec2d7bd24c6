// Package command is `gateway events`: looking at events and subscriptions of a running
// gateway from the shell, and setting right what is stuck. Everything is printed as
// lines of JSON.
package command

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// Command is the command line of `gateway events`, for kong.
type Command struct {
	GRPCAddr string        `name:"grpc-addr" default:"127.0.0.1:9090" placeholder:"ADDR" help:"The gateway's --grpc-addr (${default})."`
	Timeout  time.Duration `name:"timeout" default:"60s" placeholder:"DURATION" help:"How long the whole may take (${default})."`

	List          listCommand          `cmd:"" help:"List stored events."`
	Show          showCommand          `cmd:"" help:"Show one event, with its body."`
	Subscriptions subscriptionsCommand `cmd:"" help:"List subscriptions, with what waits in them."`
	Replay        replayCommand        `cmd:"" help:"Move a subscription back, to deliver events again, or forward, to skip them."`
	Park          parkCommand          `cmd:"" help:"Park an event of a subscription, so that it is not delivered until it is requeued."`
	Parked        parkedCommand        `cmd:"" help:"List the parked events of a subscription."`
	Requeue       requeueCommand       `cmd:"" help:"Deliver parked events again."`
	Delete        deleteCommand        `cmd:"" help:"Delete a subscription, and the events parked in it."`
}

// runner is one of the commands.
type runner interface {
	run(ctx context.Context, client eventsv1.EventServiceClient, show func(any) error) error
}

// Run runs the command of a name, the second word of the command line. More options
// are for connecting, such as credentials; without any, the connection is in clear text.
func (c *Command) Run(name string, stdout io.Writer, options ...grpc.DialOption) error {
	commands := map[string]runner{
		"list": &c.List, "show": &c.Show, "subscriptions": &c.Subscriptions, "replay": &c.Replay,
		"park": &c.Park, "parked": &c.Parked, "requeue": &c.Requeue, "delete": &c.Delete,
	}
	command, found := commands[name]
	if !found {
		return fmt.Errorf("there is no command %q", name)
	}
	if len(options) == 0 {
		options = append(options, grpc.WithTransportCredentials(insecure.NewCredentials()))
	}
	conn, err := grpc.NewClient(c.GRPCAddr, options...)
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), c.Timeout)
	defer cancel()
	encoder := json.NewEncoder(stdout)
	encoder.SetEscapeHTML(false)
	return command.run(ctx, eventsv1.NewEventServiceClient(conn), encoder.Encode)
}
